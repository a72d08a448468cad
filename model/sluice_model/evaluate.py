"""What a score is worth on rows it has not seen, beside the old rules and a logistic regression."""

import numpy as np
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from .features import STATELESS, distance_km
from .train import Sample

CALIBRATION_EDGES = np.array([0, 0.001, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1])


def measure(is_fraud: np.ndarray, probability: np.ndarray, cut: float) -> dict[str, float]:
    """Figures of one score on one population. `alerts_per_1000` is the share of rows that the cut calls fraud."""
    called = probability >= cut
    caught = int(is_fraud[called].sum())
    return {
        "auc_pr": float(average_precision_score(is_fraud, probability)),
        "roc_auc": float(roc_auc_score(is_fraud, probability)),
        "recall_at_1_percent_fpr": recall_at(is_fraud, probability, 0.01),
        "recall_at_0.1_percent_fpr": recall_at(is_fraud, probability, 0.001),
        "precision_at_cut": caught / max(int(called.sum()), 1),
        "recall_at_cut": caught / int(is_fraud.sum()),
        "alerts_per_1000": 1000 * float(called.mean()),
        "brier": float(np.mean((probability - is_fraud) ** 2)),
        "mean_probability": float(probability.mean()),
        "fraud_share": float(is_fraud.mean()),
    }


def recall_at(is_fraud: np.ndarray, probability: np.ndarray, false_positive_rate: float) -> float:
    """The most frauds caught at a threshold that calls at most this share of the good rows fraud."""
    fpr, tpr, _ = roc_curve(is_fraud, probability)
    return float(tpr[np.searchsorted(fpr, false_positive_rate, side="right") - 1])


def calibration(is_fraud: np.ndarray, probability: np.ndarray) -> list[dict[str, float]]:
    """For each band of probability: rows, mean probability, and the share that is fraud."""
    band = np.clip(np.searchsorted(CALIBRATION_EDGES, probability, side="right") - 1, 0, len(CALIBRATION_EDGES) - 2)
    return [
        {
            "rows": int((band == index).sum()),
            "mean_probability": float(probability[band == index].mean()),
            "fraud_share": float(is_fraud[band == index].mean()),
        }
        for index in np.unique(band)
    ]


def old_rules(sample: Sample) -> np.ndarray:
    """The five rules by which the replaced API answered without a model, added up and cut at 1."""
    columns = dict(zip(STATELESS, sample.features["stateless"].T, strict=True))
    distance = distance_km(sample.rows)
    late = (columns["hour"] < 6) | (columns["hour"] >= 23)
    total = (
        0.30 * (columns["amt"] > 500)
        + 0.25 * (distance > 100)
        + 0.20 * (distance > 50)
        + 0.15 * late
        + 0.10 * (columns["day_of_week"] >= 5)
    )
    return np.minimum(total, 1)


def logistic_baseline(learn: Sample):
    """A logistic regression on the fields of one transaction; returns the function from a sample to probabilities."""
    names = list(STATELESS)
    one_hot = [names.index(name) for name in ("hour", "day_of_week", "category")]
    amount = [names.index("amt")]
    rest = [names.index("age"), names.index("is_female")]
    model = make_pipeline(
        make_column_transformer(
            (OneHotEncoder(handle_unknown="ignore"), one_hot),
            (make_pipeline(FunctionTransformer(np.log1p), StandardScaler()), amount),
            (StandardScaler(), amount + rest),
        ),
        LogisticRegression(max_iter=300),
    )
    model.fit(learn.features["stateless"], learn.rows.is_fraud)
    return lambda sample: model.predict_proba(sample.features["stateless"])[:, 1]
