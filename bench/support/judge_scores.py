"""Scores stored predictions again, with the service's scorer instead of the one that answered, and counts those that are wrong.

Reads one JSON object a line: `row` (what the score depends on, from `transactions`), `request` (as stored) and the
stored `score` and `fraud`. Prints the number of lines and of wrong ones.
"""

import json
import sys
from itertools import islice
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "services" / "fraud-api")]

from fraud_api.predict import predict
from fraud_api.schemas import RawTransaction
from fraud_api.store import ModelStore

LINES_AT_ONCE = 1_000
DAY_SECONDS = 86_400


def is_wrong(line: dict, answer) -> bool:
    """A stored score has four decimals; the two scorers may differ by one of the last."""
    differs = abs(answer.fraud_probability - line["score"]) > 1.5e-4 or answer.is_fraud_predicted != line["fraud"]
    return differs or any(line["request"][name] != value for name, value in inputs_of(line["row"]).items())


def inputs_of(row: dict) -> dict:
    """The inputs that follow from the row alone, by the rules of training."""
    day = row["time"] // DAY_SECONDS
    return {
        "amt": row["amt"],
        "hour": row["time"] % DAY_SECONDS // 3600,
        "day_of_week": (day + 3) % 7,
        "age": (day - row["birth_day"]) // 365,
        "gender": row["gender"],
        "category": row["category"],
    }


def main() -> None:
    store = ModelStore(ROOT / "model" / "artifacts")
    store.load()
    lines = wrong = 0
    while block := [json.loads(line) for line in islice(sys.stdin, LINES_AT_ONCE)]:
        answers = predict([RawTransaction(**line["request"]) for line in block], store.models, False)
        lines += len(block)
        wrong += sum(is_wrong(line, answer) for line, answer in zip(block, answers, strict=True))
    print(lines, wrong)


if __name__ == "__main__":
    main()
