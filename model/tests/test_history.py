"""The history of a card against a slow and plain counting of its earlier rows."""

import statistics
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sluice_model.generate import generate
from sluice_model.history import CardHistory, card_history
from sluice_model.transactions import Transactions

POPULATION = generate(3, 1)
NAMES = [field.name for field in fields(CardHistory)]


def slow_history(rows: Transactions, index: int) -> list[float]:
    """The definition itself."""

    def key(at):
        return (int(rows.time[at]), str(rows.trans_num[at]))

    earlier = [at for at in range(len(rows)) if rows.card[at] == rows.card[index] and key(at) < key(index)]
    amounts = [int(rows.cents[at]) for at in earlier]
    since = rows.time[index] - max((rows.time[at] for at in earlier), default=np.nan)
    mean = statistics.fmean(amounts) / 100 if amounts else np.nan
    spread = statistics.pstdev(amounts) / 100 if amounts else np.nan
    windows = []
    for length in (3600, 86_400):
        inside = [at for at in earlier if rows.time[index] - rows.time[at] <= length]
        windows += [len(inside), sum(int(rows.cents[at]) for at in inside) / 100]
    is_new = all(rows.category[at] != rows.category[index] for at in earlier)
    return [since, mean, spread, *windows, float(is_new)]


def fast_history(rows: Transactions) -> np.ndarray:
    history = card_history(rows)
    return np.column_stack([getattr(history, name) for name in NAMES])


@st.composite
def some_rows(draw) -> Transactions:
    """Few cards, few moments and few amounts, so that ties and window edges are common."""
    count = draw(st.integers(1, 30))
    base = POPULATION.take(np.arange(count))
    pick = lambda *values: np.array(draw(st.lists(st.sampled_from(values), min_size=count, max_size=count)))  # noqa: E731
    return replace(
        base,
        card=pick(4000000000000001, 9000000000000000001),
        time=pick(0, 1, 3600, 3601, 7200, 86_400, 90_000),
        cents=pick(100, 100, 999, 250_000),
        category=pick(0, 1, 13),
        trans_num=np.array(draw(st.permutations([f"n{number:03d}" for number in range(count)]))),
    )


@settings(max_examples=100, deadline=None, derandomize=True)
@given(some_rows())
def test_it_is_what_the_definition_counts(rows):
    expected = np.array([slow_history(rows, index) for index in range(len(rows))])
    assert fast_history(rows) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(some_rows(), st.randoms(use_true_random=False))
def test_it_depends_neither_on_the_order_of_the_rows_nor_on_later_ones(rows, random):
    whole = fast_history(rows)
    order = np.array(random.sample(range(len(rows)), len(rows)))
    assert np.array_equal(fast_history(rows.take(order)), whole[order], equal_nan=True)
    in_time = np.lexsort((rows.trans_num, rows.time))
    first = in_time[: len(rows) // 2 + 1]
    assert np.array_equal(fast_history(rows.take(first)), whole[first], equal_nan=True)


def test_the_label_is_no_input_of_it():
    rows = generate(3, 3)
    assert np.array_equal(fast_history(rows), fast_history(replace(rows, is_fraud=1 - rows.is_fraud)), equal_nan=True)


def test_no_rows_give_no_history():
    assert fast_history(generate(3, 1).take(np.arange(0))).shape == (0, len(NAMES))
