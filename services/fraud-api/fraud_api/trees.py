"""Scores and contributions of a forest, on whole matrices. Only numpy."""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np


class _Leaves(NamedTuple):
    """Leaves of all trees whose ways ask for the same number of inputs; one slot (column) for each of those inputs.

    A row agrees with a slot when `low < value <= high`. `share` is the part of the training rows that did.
    """

    value: np.ndarray
    feature: np.ndarray
    low: np.ndarray
    high: np.ndarray
    share: np.ndarray
    points: np.ndarray
    """Where, between 0 and 1, the integral over a leaf of so many slots is sampled, and with which weights."""
    weights: np.ndarray


@dataclass(frozen=True)
class Trees:
    """Nodes as in the model file: a split sends `value <= number` to the next node and the rest to `right`."""

    roots: np.ndarray
    feature: np.ndarray
    number: np.ndarray
    right: np.ndarray
    cover: np.ndarray
    feature_count: int

    def log_odds(self, matrix: np.ndarray) -> np.ndarray:
        """One number a row of `matrix` (rows x features). Trees are added in their order, whatever the number of rows.

        Of an input that is not known (NaN) the mean over the training rows is taken, by its share at each split.
        """
        columns = np.ascontiguousarray(matrix.T)
        row = np.arange(len(matrix))[None, :]
        node = np.repeat(self.roots[:, None], len(matrix), axis=1)
        for _ in range(self._depth):
            goes_left = columns[self._asked[node], row] <= self.number[node]
            node = np.where(goes_left, self._if_left[node], self._if_right[node])
        total = np.zeros(len(matrix))
        for leaf in self.number[node]:
            total += leaf
        for index in np.flatnonzero(np.isnan(matrix).any(axis=1)):
            total[index] = self.base_value + np.sum(self.contributions(matrix[index]))
        return total

    def probability(self, matrix: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-self.log_odds(matrix)))

    @cached_property
    def base_value(self) -> float:
        """Log-odds before anything is known: the mean over the training rows."""
        leaf = np.flatnonzero(self._is_leaf)
        root = self.roots[np.searchsorted(self.roots, leaf, side="right") - 1]
        return float(np.sum(self.number[leaf] * self.cover[leaf] / self.cover[root]))

    def contributions(self, values: np.ndarray) -> np.ndarray:
        """Path-dependent TreeSHAP values of one row, one for each feature; with the base value they give the log-odds.

        An input that is not known (NaN) adds nothing.
        """
        sums = np.zeros(self.feature_count)
        for leaves in self._leaves:
            amount = _amounts(leaves, values[leaves.feature])
            sums += np.bincount(leaves.feature.ravel(), weights=amount.ravel(), minlength=self.feature_count)
        return sums

    @cached_property
    def _is_leaf(self) -> np.ndarray:
        return self.feature < 0

    @cached_property
    def _asked(self) -> np.ndarray:
        return np.maximum(self.feature, 0)

    @cached_property
    def _if_left(self) -> np.ndarray:
        # A leaf leads to itself, so that all trees can be walked to the depth of the deepest.
        own = np.arange(len(self.feature))
        return np.where(self._is_leaf, own, own + 1)

    @cached_property
    def _if_right(self) -> np.ndarray:
        return np.where(self._is_leaf, np.arange(len(self.feature)), self.right)

    @cached_property
    def _depth(self) -> int:
        depth = np.zeros(len(self.feature), dtype=int)
        for node in np.flatnonzero(~self._is_leaf):
            depth[[node + 1, self.right[node]]] = depth[node] + 1
        return int(depth.max())

    @cached_property
    def _leaves(self) -> list[_Leaves]:
        # Parents come before their children, so one pass knows the way to every node.
        ways: dict[int, dict[int, tuple[float, float, float]]] = {int(root): {} for root in self.roots}
        leaves = []
        for node in range(len(self.feature)):
            way = ways.pop(node)
            if self._is_leaf[node]:
                leaves.append((self.number[node], way))
                continue
            asked, number = int(self.feature[node]), float(self.number[node])
            low, high, share = way.get(asked, (-np.inf, np.inf, 1.0))
            for child, bounds in (
                (node + 1, (low, min(high, number))),
                (int(self.right[node]), (max(low, number), high)),
            ):
                ways[child] = {**way, asked: (*bounds, share * float(self.cover[child] / self.cover[node]))}
        return _by_slots(leaves)


def _amounts(leaves: _Leaves, asked: np.ndarray) -> np.ndarray:
    """What each slot of each leaf adds.

    With agreement o and share z of the slots, Shapley's weights are the integral over t of (o_j - z_j) times the product
    over k != j of (z_k + t * (o_k - z_k)): a polynomial, which Gauss-Legendre sums exactly with half as many points as
    slots. No factor is zero, since every node was reached by some training row and no point is 0 or 1.
    """
    agrees = ((asked > leaves.low) & (asked <= leaves.high)) - leaves.share
    change = np.where(np.isnan(asked), 0.0, agrees)
    factor = leaves.share + leaves.points[:, None, None] * change
    products = leaves.weights[:, None] * np.prod(factor, axis=2)
    return leaves.value[:, None] * change * np.sum(products[:, :, None] / factor, axis=0)


def _by_slots(leaves: list[tuple[float, dict]]) -> list[_Leaves]:
    counts = sorted({len(way) for _, way in leaves if way})
    return [_to_arrays([leaf for leaf in leaves if len(leaf[1]) == count], count) for count in counts]


def _to_arrays(leaves: list[tuple[float, dict]], slots: int) -> _Leaves:
    bounds = np.array([list(way.values()) for _, way in leaves])
    points, weights = np.polynomial.legendre.leggauss((slots + 1) // 2)
    return _Leaves(
        value=np.array([value for value, _ in leaves]),
        feature=np.array([list(way) for _, way in leaves]),
        low=bounds[:, :, 0],
        high=bounds[:, :, 1],
        share=bounds[:, :, 2],
        points=(points + 1) / 2,
        weights=weights / 2,
    )
