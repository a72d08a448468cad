"""What a card did before a transaction, for whole populations at once.

Only rows of the card strictly before (time, trans_num) count, so the values do not depend on how rows are batched.
Sums are exact (whole cents); a database that sums NUMERIC amounts gets the same values.
"""

from dataclasses import dataclass

import numpy as np

from .transactions import Transactions

HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class CardHistory:
    """One entry a row. Amounts in dollars; NaN where there is nothing to tell."""

    seconds_since_last: np.ndarray
    """NaN for the first row of a card."""
    mean_amt: np.ndarray
    """Mean of all earlier amounts of the card; NaN for its first row."""
    spread_amt: np.ndarray
    """Population standard deviation of them; NaN for its first row."""
    count_1h: np.ndarray
    """Earlier rows in the hour before, the moment one hour ago included."""
    sum_1h: np.ndarray
    count_24h: np.ndarray
    sum_24h: np.ndarray
    new_category: np.ndarray
    """1 when the card has no earlier row in this category, else 0."""


def card_history(rows: Transactions) -> CardHistory:
    """The history of each row, in the order of `rows`, which may be any."""
    order = np.lexsort((rows.trans_num, rows.time, rows.card))
    card, time = rows.card[order], rows.time[order]
    total = _running_total(rows.cents[order])
    row = np.arange(len(order))
    start = _group_start(card)
    first_hour, first_day = _window_start(card, time, HOUR), _window_start(card, time, DAY)
    mean, spread = _mean_and_spread(rows.cents[order], start)
    in_order = {
        "seconds_since_last": np.where(row > start, time - np.roll(time, 1), np.nan),
        "mean_amt": mean,
        "spread_amt": spread,
        "count_1h": row - first_hour,
        "sum_1h": (total[row] - total[first_hour]) / 100,
        "count_24h": row - first_day,
        "sum_24h": (total[row] - total[first_day]) / 100,
    }
    columns = {name: _scatter(values, order) for name, values in in_order.items()}
    return CardHistory(**columns, new_category=_is_new_category(rows))


def _is_new_category(rows: Transactions) -> np.ndarray:
    order = np.lexsort((rows.trans_num, rows.time, rows.category, rows.card))
    first = _group_start(rows.card[order], rows.category[order])
    return _scatter(first == np.arange(len(order)), order)


def _mean_and_spread(cents: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and population standard deviation of the rows from `start` up to each row, itself excluded, in dollars."""
    row = np.arange(len(cents))
    count = row - start
    total, squares = _running_total(cents), _running_total(cents * cents)
    total, squares = total[row] - total[start], squares[row] - squares[start]
    some = np.maximum(count, 1)
    # Squares around the whole-cent mean stay exact integers: equal amounts have a spread of exactly zero.
    centre = total // some
    rest = total - centre * some
    around = squares - 2 * centre * total + some * centre * centre
    variance = np.maximum(around - rest * rest / some, 0) / some
    return np.where(count > 0, total / some / 100, np.nan), np.where(count > 0, np.sqrt(variance) / 100, np.nan)


def _running_total(values: np.ndarray) -> np.ndarray:
    """Entry i is the sum of everything before row i."""
    return np.concatenate([[0], np.cumsum(values)])


def _group_start(*keys: np.ndarray) -> np.ndarray:
    """Index of the first row of each row's group, for rows sorted by `keys`."""
    row = np.arange(len(keys[0]))
    is_first = np.logical_or.reduce([np.concatenate([[True], key[1:] != key[:-1]])[: len(key)] for key in keys])
    return np.maximum.accumulate(np.where(is_first, row, 0))


def _window_start(card: np.ndarray, time: np.ndarray, length: int) -> np.ndarray:
    """Index of the card's first row that lies at most `length` seconds before each row."""
    if len(card) == 0:
        return np.arange(0)
    group = np.unique(card, return_inverse=True)[1]
    since = time - time.min()
    key = group * (since.max() + length + 1) + since
    return np.searchsorted(key, key - length, side="left")


def _scatter(values: np.ndarray, order: np.ndarray) -> np.ndarray:
    out = np.empty(len(order), dtype=np.float64)
    out[order] = values
    return out
