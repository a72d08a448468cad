"""From requests to answers: rows are grouped by the model that can answer them, and each group is scored at once."""

from collections.abc import Mapping

import numpy as np

from . import rules
from .inputs import Completed, complete, knows_category, to_matrix
from .model_file import Model
from .schemas import BatchAnswer, Contribution, Contributions, Prediction, RawTransaction, RiskLevel, Summary
from .words import explain

HIGH_ABOVE = 0.7
MEDIUM_ABOVE = 0.4
UNKNOWN = -1.0
"""JSON has no NaN."""

Models = Mapping[str, Model]


def predict(rows: list[RawTransaction], models: Models, with_reasons: bool) -> list[Prediction]:
    """One answer a request, in their order."""
    completed = [complete(row) for row in rows]
    answers: list[Prediction | None] = [None] * len(rows)
    for shape in ("history", "stateless", "rules"):
        indices = [index for index, row in enumerate(rows) if _shape_for(row, models) == shape]
        group = [(rows[index], completed[index]) for index in indices]
        made = _by_rules(group) if shape == "rules" else _by_model(group, models[shape], with_reasons) if group else []
        for index, answer in zip(indices, made, strict=True):
            answers[index] = answer
    return [answer for answer in answers if answer is not None]


def summarise(predictions: list[Prediction]) -> BatchAnswer:
    frauds = sum(answer.is_fraud_predicted for answer in predictions)
    levels = [answer.risk_level for answer in predictions]
    summary = Summary(
        total_transactions=len(predictions),
        fraud_detected=frauds,
        fraud_rate=round(frauds / len(predictions), 4) if predictions else 0.0,
        high_risk_count=levels.count("HIGH"),
        medium_risk_count=levels.count("MEDIUM"),
        low_risk_count=levels.count("LOW"),
    )
    return BatchAnswer(predictions=predictions, summary=summary)


def level_of(probability: float) -> RiskLevel:
    if probability > HIGH_ABOVE:
        return "HIGH"
    return "MEDIUM" if probability > MEDIUM_ABOVE else "LOW"


def _shape_for(row: RawTransaction, models: Models) -> str:
    if row.history is not None and "history" in models:
        return "history"
    return "stateless" if "stateless" in models else "rules"


def _by_model(group: list[tuple[RawTransaction, Completed]], model: Model, with_reasons: bool) -> list[Prediction]:
    matrix = to_matrix([(row, request.history) for request, row in group], model)
    # The number that is told and stored decides, so that a stored score explains its own verdict.
    probabilities = np.round(model.trees.probability(matrix), 4).tolist()
    answers = []
    for (request, row), values, probability in zip(group, matrix, probabilities, strict=True):
        is_fraud = probability >= model.cut
        reasons = _reasons(values, model) if is_fraud or with_reasons else None
        lines = _lines(reasons, model) if reasons else []
        missing = row.defaults_used + ([] if knows_category(row, model) else ["category"])
        answers.append(_answer(request, model.shape, probability, is_fraud, model.version, lines, missing, reasons))
    return answers


def _by_rules(group: list[tuple[RawTransaction, Completed]]) -> list[Prediction]:
    answers = []
    for request, row in group:
        probability, lines = rules.judge_by_rules(row)
        is_fraud = probability > rules.CUT
        answers.append(_answer(request, "rules", probability, is_fraud, rules.VERSION, lines, row.defaults_used, None))
    return answers


def _answer(
    request: RawTransaction,
    shape: str,
    probability: float,
    is_fraud: bool,
    version: str,
    lines: list[str],
    defaults_used: list[str],
    reasons: Contributions | None,
) -> Prediction:
    # Everything here is made by this service, so it is not validated a second time.
    return Prediction.model_construct(
        trans_num=request.trans_num,
        is_fraud_predicted=int(is_fraud),
        fraud_probability=probability,
        risk_level=level_of(probability),
        model_version=version,
        feature_explanation="\n".join(f"- {line}" for line in lines),
        shape=shape,
        defaults_used=defaults_used,
        contributions=reasons,
        raw_input=request,
    )


def _reasons(values: np.ndarray, model: Model) -> Contributions:
    sizes = model.trees.contributions(values)
    features = [
        Contribution(feature=name, value=UNKNOWN if np.isnan(value) else float(value), contribution=float(size))
        for name, value, size in zip(model.features, values, sizes, strict=True)
    ]
    return Contributions(base_value=model.trees.base_value, features=features)


def _lines(reasons: Contributions, model: Model) -> list[str]:
    values = {item.feature: item.value for item in reasons.features}
    sizes = {item.feature: item.contribution for item in reasons.features}
    return explain(values, sizes, list(model.categories))
