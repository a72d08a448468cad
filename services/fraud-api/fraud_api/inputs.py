"""From requests to the columns a model wants. The same as in training; a test holds the two together."""

from typing import NamedTuple

import numpy as np

from .model_file import Model
from .schemas import History, RawTransaction

DEFAULTS = {"hour": 12, "day_of_week": 0, "distance_km": 10.0, "age": 35, "gender": "M"}
GENDERS = ("M", "F")
UNKNOWN_CATEGORY = np.nan
"""One that the model has not seen. It is scored as if nobody had told the category."""
NEVER = -1.0
"""Seconds since the last transaction of a card that has none."""


class Completed(NamedTuple):
    """One request with its gaps filled."""

    amt: float
    hour: int
    day_of_week: int
    distance_km: float
    age: int
    gender: str
    category: str | None
    defaults_used: list[str]


def complete(row: RawTransaction) -> Completed:
    """What is missing gets the default of the API; a gender other than M and F counts as missing."""
    given = {name: getattr(row, name) for name in DEFAULTS}
    if given["gender"] not in GENDERS:
        given["gender"] = None
    missing = [name for name, value in given.items() if value is None]
    filled = {name: DEFAULTS[name] if value is None else value for name, value in given.items()}
    return Completed(amt=row.amt, category=row.category, defaults_used=missing, **filled)


def to_matrix(rows: list[tuple[Completed, History | None]], model: Model) -> np.ndarray:
    """One row a request, the columns in the order of the model. Every row has a history if the model wants one."""
    values = [_features(row, history, model) for row, history in rows]
    return np.array([[value[name] for name in model.features] for value in values], dtype=np.float64)


def knows_category(row: Completed, model: Model) -> bool:
    return row.category in model.categories


def _features(row: Completed, history: History | None, model: Model) -> dict[str, float]:
    features = {
        "amt": row.amt,
        "hour": row.hour,
        "day_of_week": row.day_of_week,
        "age": row.age,
        "is_female": int(row.gender == "F"),
        "category": model.categories.get(row.category, UNKNOWN_CATEGORY),
    }
    return features | _history_features(row.amt, history) if history else features


def _history_features(amt: float, history: History) -> dict[str, float]:
    """A card without a past is taken as ordinary: ratio 1, not above its mean."""
    since, mean, spread = history.seconds_since_last, history.mean_amt, history.spread_amt
    return {
        "seconds_since_last": NEVER if since is None else since,
        "amt_to_mean": amt / mean if mean is not None and mean > 0 else 1.0,
        "amt_above_mean": (amt - mean) / spread if mean is not None and spread is not None and spread > 0 else 0.0,
        "count_1h": history.count_1h,
        "sum_1h": history.sum_1h,
        "count_24h": history.count_24h,
        "sum_24h": history.sum_24h,
        "new_category": history.new_category,
    }
