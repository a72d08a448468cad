"""Writes generated transactions with the history that training uses, for the SQL of the Alert query to be held against.

    python model/tests/history_rows.py --rows 300 --out test/fixtures/history/rows.jsonl

One JSON object a line, in no order: the columns that a history depends on, and what it is.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from sluice_model.generate import generate
from sluice_model.history import card_history
from sluice_model.profiles import CATEGORIES
from sluice_model.transactions import Transactions

SEED = 71
CARDS = 12
COUNTS = ("count_1h", "count_24h", "new_category")
REALS = ("seconds_since_last", "mean_amt", "spread_amt", "sum_1h", "sum_24h")
TIE_EVERY = 9
"""Each so many rows one takes place in the very second of the row before it."""


def write_rows(count: int, out: Path) -> None:
    rows = _some_rows(count)
    history = card_history(rows)
    out.parent.mkdir(parents=True, exist_ok=True)
    with out.open("w", encoding="utf-8") as file:
        for index in np.random.default_rng(SEED).permutation(len(rows)):
            reals = {name: _or_none(getattr(history, name)[index]) for name in REALS}
            counts = {name: int(getattr(history, name)[index]) for name in COUNTS}
            line = {
                "card": str(rows.card[index]),
                "time": int(rows.time[index]),
                "trans_num": str(rows.trans_num[index]),
                "category": CATEGORIES[rows.category[index]],
                "cents": int(rows.cents[index]),
                "history": reals | counts,
            }
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


def _some_rows(count: int) -> Transactions:
    """The first rows of a few cards, all of their frauds as far as there is room, and ties of the time within a card."""
    rows = generate(SEED, CARDS)
    chosen = np.concatenate([np.flatnonzero(rows.is_fraud)[: count // 4], np.arange(len(rows))])
    rows = rows.take(np.sort(np.array(list(dict.fromkeys(chosen.tolist()))[:count])))
    order = np.lexsort((rows.time, rows.card))
    time = rows.time.copy()
    tied = order[1:][np.arange(1, len(order)) % TIE_EVERY == 0]
    time[tied] = time[order[:-1][np.arange(1, len(order)) % TIE_EVERY == 0]]
    return replace(rows, time=time)


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    write_rows(options.rows, options.out)
