"""Writes what this service answers to many generated requests, for the TypeScript scorer to be held against.

    python services/fraud-api/tests/parity.py --rows 100 --out test/fixtures/scorer/parity.jsonl

One JSON object a line: input, shape, probability before rounding, contributions, reasons.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "services" / "fraud-api"), str(ROOT / "model")]

from fraud_api.inputs import complete, to_matrix
from fraud_api.model_file import Model, load_model
from fraud_api.schemas import History, RawTransaction
from fraud_api.words import explain
from sluice_model.features import SHAPES
from sluice_model.generate import generate
from sluice_model.history import CardHistory, card_history
from sluice_model.profiles import CATEGORIES
from sluice_model.train import Sample, make_sample

SEED = 31
CUSTOMERS = 20
UNKNOWN_EVERY = 37
"""Each so many rows the category is one that no model knows."""


def request_of(sample: Sample, past: CardHistory, index: int) -> RawTransaction:
    """The request that Sluice would send about a generated row."""
    features = dict(zip(SHAPES["stateless"], sample.features["stateless"][index], strict=True))
    nullable = {name: _or_none(getattr(past, name)[index]) for name in ("seconds_since_last", "mean_amt", "spread_amt")}
    history = History(
        **nullable,
        count_1h=int(past.count_1h[index]),
        sum_1h=float(past.sum_1h[index]),
        count_24h=int(past.count_24h[index]),
        sum_24h=float(past.sum_24h[index]),
        new_category=int(past.new_category[index]),
    )
    return RawTransaction(
        amt=float(features["amt"]),
        hour=int(features["hour"]),
        day_of_week=int(features["day_of_week"]),
        age=int(features["age"]),
        gender="F" if features["is_female"] else "M",
        category=CATEGORIES[int(features["category"])],
        history=history,
    )


def write_parity(rows: int, out: Path, models: Path = ROOT / "model" / "artifacts") -> None:
    requests = list(some_requests(rows))
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") as file:
        for shape in SHAPES:
            for line in _answers(requests, load_model(models / f"{shape}.json")):
                file.write(json.dumps(line, separators=(",", ":")) + "\n")


def some_requests(rows: int) -> Iterator[RawTransaction]:
    """A third of them frauds, as far as there are so many."""
    sample = make_sample(generate(SEED, CUSTOMERS))
    past = card_history(sample.rows)
    rng = np.random.default_rng(SEED)
    frauds = rng.permutation(np.flatnonzero(sample.rows.is_fraud))[: rows // 3]
    others = rng.choice(np.flatnonzero(sample.rows.is_fraud == 0), rows - len(frauds), replace=False)
    first = np.flatnonzero(np.isnan(past.seconds_since_last))[:5]
    for count, index in enumerate(np.concatenate([first, frauds, others])[:rows]):
        request = request_of(sample, past, int(index))
        yield request.model_copy(update={"category": "yachts"}) if count % UNKNOWN_EVERY == 0 else request


def _answers(requests: list[RawTransaction], model: Model) -> Iterator[dict]:
    matrix = to_matrix([(complete(request), request.history) for request in requests], model)
    for request, values, probability in zip(requests, matrix, model.trees.probability(matrix), strict=True):
        sizes = [float(size) for size in model.trees.contributions(values)]
        named = dict(zip(model.features, map(float, values), strict=True))
        yield {
            "shape": model.shape,
            "input": request.model_dump(exclude_unset=True),
            "probability": float(probability),
            "base_value": model.trees.base_value,
            "contributions": sizes,
            "reasons": explain(named, dict(zip(model.features, sizes, strict=True)), list(model.categories)),
        }


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100, help="requests, each asked of both models")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_parity(options.rows, options.out)
