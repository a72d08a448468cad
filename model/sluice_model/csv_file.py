"""Reads a `fraudTrain.csv` of the Sparkov data set, as it is."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from .profiles import CATEGORIES
from .transactions import Transactions

_CATEGORY = {name: index for index, name in enumerate(CATEGORIES)}
_EPOCH = date(1970, 1, 1)
_NEEDED = [
    "trans_date_trans_time",
    "cc_num",
    "merchant",
    "category",
    "amt",
    "gender",
    "lat",
    "long",
    "city_pop",
    "dob",
    "trans_num",
    "merch_lat",
    "merch_long",
    "is_fraud",
]


def read_csv(path: Path) -> Transactions:
    """All rows in time order. Columns are found by their names; more of them do no harm."""
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in _NEEDED if name not in (reader.fieldnames or [])]
        if missing:
            raise ValueError(f"{path}: expected the columns of fraudTrain.csv, missing {', '.join(missing)}")
        rows = [tuple(row[name] for name in _NEEDED) for row in reader]
    columns = dict(zip(_NEEDED, zip(*rows, strict=True) if rows else [()] * len(_NEEDED), strict=True))
    return _to_transactions(columns).in_time_order()


def _to_transactions(text: dict[str, tuple[str, ...]]) -> Transactions:
    merchants = {name: number for number, name in enumerate(sorted(set(text["merchant"])))}
    return Transactions(
        time=_integers(_seconds(value) for value in text["trans_date_trans_time"]),
        card=_integers(int(value) for value in text["cc_num"]),
        trans_num=np.array(text["trans_num"], dtype="U"),
        category=_integers(_CATEGORY.get(value, -1) for value in text["category"]),
        merchant=_integers(merchants[value] for value in text["merchant"]),
        cents=_integers(int(Decimal(value).scaleb(2).to_integral_value()) for value in text["amt"]),
        is_female=_integers(int(value == "F") for value in text["gender"]),
        birth_day=_integers((date.fromisoformat(value) - _EPOCH).days for value in text["dob"]),
        city_pop=_integers(int(value) for value in text["city_pop"]),
        lat=np.array(text["lat"], dtype=np.float64),
        long=np.array(text["long"], dtype=np.float64),
        merch_lat=np.array(text["merch_lat"], dtype=np.float64),
        merch_long=np.array(text["merch_long"], dtype=np.float64),
        is_fraud=_integers(int(value) for value in text["is_fraud"]),
    )


def _seconds(value: str) -> int:
    return int(datetime.fromisoformat(value).replace(tzinfo=UTC).timestamp())


def _integers(values) -> np.ndarray:
    return np.fromiter(values, dtype=np.int64)
