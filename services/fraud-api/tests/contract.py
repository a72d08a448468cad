"""Writes what this service answers to many calls, for the fraud API of the embedded stack to be held against.

    python services/fraud-api/tests/contract.py > test/fixtures/scorer/contract.jsonl

One JSON object a line: whether models are loaded, method, path, body (text), status and answer.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "services" / "fraud-api"), str(ROOT / "model")]

from fastapi.testclient import TestClient
from fraud_api.app import create_app
from parity import some_requests

ROW = {"amt": 998.12, "hour": 23, "day_of_week": 5, "distance_km": 120.0, "age": 44, "gender": "F"}
ROW |= {"merchant": "fraud_Stone-Reed", "category": "shopping_net", "trans_num": "t-1"}
HISTORY = {"seconds_since_last": None, "mean_amt": None, "spread_amt": None, "count_1h": 0, "sum_1h": 0.0}
HISTORY |= {"count_24h": 0, "sum_24h": 0.0, "new_category": 1}
CHANGES = (
    {},
    {"amt": 61.5, "hour": 9, "distance_km": 4.0},
    {"amt": 500.5, "hour": 3.0, "day_of_week": 2},
    {"amt": 1234.5, "history": HISTORY},
    {"history": None, "category": "yachts", "gender": "X", "is_fraud": 1},
    {"amt": "12"},
    {"amt": None},
    {"amt": True},
    {"amt": 1e9},
    {"hour": 24},
    {"hour": 1.5},
    {"age": 151},
    {"day_of_week": -1},
    {"distance_km": -1},
    {"merchant": "a" * 256},
    {"trans_num": 7},
    {"history": HISTORY | {"new_category": 2}},
    {"history": {"count_1h": 1}},
)


def calls() -> Iterator[tuple[str, str, str]]:
    """Method, path and body of each call."""
    for path in ("/predict/raw", "/predict/raw?explain=true"):
        yield from (("POST", path, json.dumps(ROW | change)) for change in CHANGES)
    yield from (("POST", "/predict/raw", body) for body in ('{"amt":5}', '{"amt":', "[]", "{}", ""))
    yield "POST", "/predict/raw?explain=maybe", json.dumps(ROW)
    rows = [request.model_dump(exclude_unset=True) for request in some_requests(60)]
    for path in ("/predict/batch/raw", "/predict/batch/raw?explain=1"):
        yield from (("POST", path, json.dumps(body)) for body in (rows, [], [ROW, {"hour": 3}], ROW))
    yield "POST", "/predict/batch/raw", json.dumps([{"amt": 1}] * 1001)
    yield from (("GET", path, "") for path in ("/health", "/model/info", "/nothing", "/predict/raw"))
    yield "POST", "/model/reload", ""


def answers() -> Iterator[dict]:
    with tempfile.TemporaryDirectory() as empty:
        for has_models, folder in ((True, ROOT / "model" / "artifacts"), (False, Path(empty))):
            client = TestClient(create_app(folder))
            for method, path, body in calls():
                headers = {"content-type": "application/json"} if method == "POST" else {}
                reply = client.request(method, path, content=body, headers=headers)
                call = {"models": has_models, "method": method, "path": path, "body": body}
                yield call | {"status": reply.status_code, "answer": reply.json()}


def lines() -> Iterator[str]:
    return (json.dumps(answer, separators=(",", ":")) for answer in answers())


if __name__ == "__main__":
    for line in lines():
        print(line)
