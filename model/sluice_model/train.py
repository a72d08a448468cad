"""From transactions to a booster: the split, the settings and the cut."""

from dataclasses import dataclass
from datetime import date

import lightgbm
import numpy as np

from .features import DAY_SECONDS, SHAPES, feature_matrix
from .generate import SPLIT_DAY
from .history import card_history
from .transactions import Transactions, concatenate

TREES = 100
SETTINGS = {
    "objective": "binary",
    "learning_rate": 0.1,
    "num_leaves": 31,
    # The library's own defaults are unstable on so few frauds.
    "min_child_weight": 5,
    "min_child_samples": 50,
    "lambda_l2": 5,
    "max_bin": 511,
    "use_missing": False,
    # The same rows give the same bytes.
    "deterministic": True,
    "force_row_wise": True,
    "num_threads": 1,
    "seed": 1,
    "verbosity": -1,
}


@dataclass(frozen=True)
class Sample:
    """Rows with the features of each shape, made once and used for every model."""

    rows: Transactions
    features: dict[str, np.ndarray]

    def take(self, mask: np.ndarray) -> "Sample":
        return Sample(self.rows.take(mask), {shape: matrix[mask] for shape, matrix in self.features.items()})


def make_sample(rows: Transactions) -> Sample:
    history = card_history(rows)
    return Sample(rows, {shape: feature_matrix(rows, shape, history) for shape in SHAPES})


def joined(samples: list[Sample]) -> Sample:
    features = {shape: np.concatenate([sample.features[shape] for sample in samples]) for shape in SHAPES}
    return Sample(concatenate([sample.rows for sample in samples]), features)


def before(sample: Sample, day: date = SPLIT_DAY) -> Sample:
    """Rows to learn from. Their history is complete."""
    return sample.take(sample.rows.time < _seconds(day))


def after(sample: Sample, day: date = SPLIT_DAY) -> Sample:
    """Rows to be judged on, with the history of their cards from before the day too."""
    return sample.take(sample.rows.time >= _seconds(day))


def train(sample: Sample, shape: str, trees: int = TREES) -> lightgbm.Booster:
    names = list(SHAPES[shape])
    data = lightgbm.Dataset(sample.features[shape], sample.rows.is_fraud, feature_name=names)
    return lightgbm.train(SETTINGS, data, num_boost_round=trees)


def choose_cut(is_fraud: np.ndarray, probability: np.ndarray) -> float:
    """The probability, to two decimals, from which on a row is called fraud: the best F1 on rows kept for this choice."""
    cuts = np.arange(5, 96) / 100
    caught = np.array([np.sum(is_fraud[probability >= cut]) for cut in cuts])
    called = np.array([np.sum(probability >= cut) for cut in cuts])
    return float(cuts[np.argmax(2 * caught / np.maximum(called + is_fraud.sum(), 1))])


def _seconds(day: date) -> int:
    return (day - date(1970, 1, 1)).days * DAY_SECONDS
