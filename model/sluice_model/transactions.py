"""Transactions as columns, however they were made: by the generator or read from a CSV file."""

from dataclasses import dataclass, fields

import numpy as np


@dataclass(frozen=True)
class Transactions:
    """One entry a row in each array. `is_fraud` is the label and never an input of a score."""

    time: np.ndarray
    """Seconds since 1970, UTC, int64."""
    card: np.ndarray
    """Card number, int64."""
    trans_num: np.ndarray
    """Text; with the time it orders the rows of a card, compared code point by code point."""
    category: np.ndarray
    """Index into CATEGORIES; -1 for a category the model does not know."""
    merchant: np.ndarray
    """Some number of the merchant; only used to show that it says nothing."""
    cents: np.ndarray
    """Amount in cents, int64, so that sums are exact."""
    is_female: np.ndarray
    birth_day: np.ndarray
    """Days since 1970."""
    city_pop: np.ndarray
    lat: np.ndarray
    long: np.ndarray
    merch_lat: np.ndarray
    merch_long: np.ndarray
    is_fraud: np.ndarray

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: np.ndarray) -> "Transactions":
        """The rows of a mask or an index, in its order."""
        return Transactions(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def in_time_order(self) -> "Transactions":
        return self.take(np.lexsort((self.trans_num, self.time)))

    @property
    def amt(self) -> np.ndarray:
        """Amount in dollars."""
        return self.cents / 100


def concatenate(parts: list[Transactions]) -> Transactions:
    names = [field.name for field in fields(Transactions)]
    return Transactions(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
