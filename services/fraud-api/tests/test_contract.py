"""The answers that the embedded stack's API is held against are the answers of this service."""

from conftest import ROOT
from contract import lines

FIXTURE = ROOT / "test" / "fixtures" / "scorer" / "contract.jsonl"


def test_the_stored_answers_are_those_of_this_service():
    assert FIXTURE.read_text(encoding="utf-8").splitlines() == list(lines())
