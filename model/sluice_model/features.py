"""The numbers a model sees, as columns. The scorers derive the same from one request; a test holds them together."""

import numpy as np

from .history import CardHistory, card_history
from .transactions import Transactions

STATELESS = ("amt", "hour", "day_of_week", "age", "is_female", "category")
HISTORY = (
    *STATELESS,
    "seconds_since_last",
    "amt_to_mean",
    "amt_above_mean",
    "count_1h",
    "sum_1h",
    "count_24h",
    "sum_24h",
    "new_category",
)
SHAPES = {"stateless": STATELESS, "history": HISTORY}
"""What each of the two models is asked with: the transaction alone, or with the history of its card."""

NEVER = -1.0
"""Seconds since the last transaction of a card that has none."""

DAY_SECONDS = 86_400


def feature_matrix(rows: Transactions, shape: str, history: CardHistory | None = None) -> np.ndarray:
    """One row a transaction, one column a feature of the shape, no missing values."""
    columns = stateless_columns(rows)
    if shape == "history":
        columns |= history_columns(rows.amt, history or card_history(rows))
    return np.column_stack([columns[name] for name in SHAPES[shape]]).astype(np.float64)


def stateless_columns(rows: Transactions) -> dict[str, np.ndarray]:
    """Monday is day 0. The age is in whole years of 365 days at the time of the transaction."""
    day = rows.time // DAY_SECONDS
    return {
        "amt": rows.amt,
        "hour": rows.time % DAY_SECONDS // 3600,
        "day_of_week": (day + 3) % 7,
        "age": (day - rows.birth_day) // 365,
        "is_female": rows.is_female,
        "category": rows.category,
    }


def history_columns(amt: np.ndarray, history: CardHistory) -> dict[str, np.ndarray]:
    """A card without a past is taken as ordinary: ratio 1, not above its mean."""
    since = history.seconds_since_last
    return {
        "seconds_since_last": np.where(np.isnan(since), NEVER, since),
        "amt_to_mean": _ratio(amt, history.mean_amt, 1.0),
        "amt_above_mean": _ratio(amt - history.mean_amt, history.spread_amt, 0.0),
        "count_1h": history.count_1h,
        "sum_1h": history.sum_1h,
        "count_24h": history.count_24h,
        "sum_24h": history.sum_24h,
        "new_category": history.new_category,
    }


def _ratio(part: np.ndarray, whole: np.ndarray, otherwise: float) -> np.ndarray:
    known = whole > 0
    return np.where(known, part / np.where(known, whole, 1), otherwise)


def distance_km(rows: Transactions) -> np.ndarray:
    """Haversine between home and merchant, for the old rules and the proof that it says nothing."""
    rise, turn = np.radians(rows.merch_lat - rows.lat), np.radians(rows.merch_long - rows.long)
    across = np.cos(np.radians(rows.lat)) * np.cos(np.radians(rows.merch_lat))
    return 2 * 6371 * np.arcsin(np.sqrt(np.sin(rise / 2) ** 2 + across * np.sin(turn / 2) ** 2))
