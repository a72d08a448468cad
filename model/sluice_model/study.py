"""The figures of the model card: every model on five populations that nobody learned from."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import lightgbm
import numpy as np

from .evaluate import calibration, logistic_baseline, measure, old_rules
from .features import SHAPES, STATELESS, distance_km
from .generate import generate
from .train import SETTINGS, TREES, Sample, after, before, choose_cut, joined, make_sample, train

LEARN_SEED = 1
CUT_SEEDS = (2, 3, 4)
"""The best F1 lies on a flat hill: one population would let chance choose the cut."""
FRESH_LEARN_SEEDS = (101, 102, 103, 104, 105)
JUDGE_SEEDS = (201, 202, 203, 204, 205)
RULES_CUT = 0.5001
"""The old rules call fraud above 0.5."""

Score = Callable[[Sample], np.ndarray]


@dataclass(frozen=True)
class Study:
    """`figures`: model name -> one dict of figures for each population. `pooled`: all of their rows, for the curves."""

    figures: dict[str, list[dict[str, float]]]
    calibration: dict[str, list[dict[str, float]]]
    influence: dict[str, dict[str, float]]
    pooled_fraud: np.ndarray
    pooled: dict[str, np.ndarray]


def learn_sample(seed: int, customers: int) -> Sample:
    """The first 70 % of the days of one population."""
    return before(make_sample(generate(seed, customers)))


def unseen_sample(seed: int, customers: int) -> Sample:
    """The last 30 % of the days of another population: other cards, other months."""
    return after(make_sample(generate(seed, customers)))


def choosing_sample(customers: int) -> Sample:
    """Unseen rows that are kept for the choice of the cut alone."""
    return joined([unseen_sample(seed, customers) for seed in CUT_SEEDS])


def train_with_cut(learn: Sample, choose: Sample, shape: str) -> tuple[lightgbm.Booster, float]:
    booster = train(learn, shape)
    return booster, choose_cut(choose.rows.is_fraud, booster.predict(choose.features[shape]))


def run_study(customers: int, say: Callable[[str], None]) -> Study:
    say("learning as the shipped models did, and the baselines")
    learn, choose = learn_sample(LEARN_SEED, customers), choosing_sample(customers)
    shipped = {shape: train_with_cut(learn, choose, shape) for shape in SHAPES}
    scores = {shape: (_score_of(booster, shape), cut) for shape, (booster, cut) in shipped.items()}
    scores["logistic regression"] = (logistic_baseline(learn), 0.5)
    scores["old rules"] = (old_rules, RULES_CUT)
    for name, score in _variants(learn).items():
        scores[name] = (score, choose_cut(choose.rows.is_fraud, score(choose)))
    del learn, choose

    figures: dict[str, list] = {}
    judged = []
    for index, sample in enumerate(_judges(customers, say)):
        probabilities = {name: score(sample) for name, (score, _) in scores.items()}
        for name, (_, cut) in scores.items():
            figures.setdefault(name, []).append(measure(sample.rows.is_fraud, probabilities[name], cut))
        for shape, (booster, cut) in _fresh(index, customers, shipped).items():
            entry = measure(sample.rows.is_fraud, booster.predict(sample.features[shape]), cut)
            figures.setdefault(f"{shape}, trained afresh", []).append(entry)
        influence_of = {shape: _influence(booster, sample, shape) for shape, (booster, _) in shipped.items()}
        judged.append((sample.rows.is_fraud, probabilities, influence_of))

    is_fraud = np.concatenate([entry[0] for entry in judged])
    pooled = {name: np.concatenate([entry[1][name] for entry in judged]) for name in scores}
    influence = {
        shape: {name: float(np.mean([entry[2][shape][name] for entry in judged])) for name in SHAPES[shape]}
        for shape in SHAPES
    }
    calibrations = {shape: calibration(is_fraud, pooled[shape]) for shape in SHAPES}
    return Study(figures, calibrations, influence, is_fraud, pooled)


def _judges(customers: int, say: Callable[[str], None]) -> Iterator[Sample]:
    for seed in JUDGE_SEEDS:
        say(f"judging on population {seed}")
        yield unseen_sample(seed, customers)


def _fresh(index: int, customers: int, shipped: dict) -> dict[str, tuple[lightgbm.Booster, float]]:
    """Models of another population; the cuts stay as they were chosen."""
    learn = learn_sample(FRESH_LEARN_SEEDS[index], customers)
    return {shape: (train(learn, shape), shipped[shape][1]) for shape in SHAPES}


def _variants(learn: Sample) -> dict[str, Score]:
    """What other inputs would do: one with merchant and distance, one without what is known of the person."""
    return {
        "stateless + merchant + distance": _train_on(learn, _with_place),
        "stateless without age and gender": _train_on(learn, _without_person),
    }


def _train_on(learn: Sample, columns: Callable[[Sample], np.ndarray]) -> Score:
    data = lightgbm.Dataset(columns(learn), learn.rows.is_fraud)
    booster = lightgbm.train(SETTINGS, data, num_boost_round=TREES)
    return lambda sample: booster.predict(columns(sample))


def _with_place(sample: Sample) -> np.ndarray:
    return np.column_stack([sample.features["stateless"], sample.rows.merchant, distance_km(sample.rows)])


def _without_person(sample: Sample) -> np.ndarray:
    kept = [index for index, name in enumerate(STATELESS) if name not in ("age", "is_female")]
    return sample.features["stateless"][:, kept]


def _score_of(booster: lightgbm.Booster, shape: str) -> Score:
    return lambda sample: booster.predict(sample.features[shape])


def _influence(booster: lightgbm.Booster, sample: Sample, shape: str) -> dict[str, float]:
    """Mean size of each feature's contribution to the log-odds of frauds."""
    frauds = sample.features[shape][sample.rows.is_fraud == 1]
    sizes = np.abs(booster.predict(frauds, pred_contrib=True))[:, :-1].mean(axis=0)
    return dict(zip(SHAPES[shape], map(float, sizes), strict=True))
