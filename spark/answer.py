"""What the fraud API may say, and what counts as nonsense: src/pipeline/alert/answer.ts. Pure."""

import unicodedata

RISK_LEVELS = ("HIGH", "MEDIUM", "LOW")
MODEL_SHAPES = ("stateless", "history", "rules")
VERSION_WIDTH = 50
LINE_WIDTH = 300
NAME_WIDTH = 60
MAX_LINES = 12
MAX_INPUTS = 50


class Nonsense(Exception):
    """The answer is no prediction; the text says why."""


def read_prediction(value, trans_num):
    """The score in one answer about `trans_num`. Raises Nonsense."""
    if not isinstance(value, dict):
        raise Nonsense("the answer: it has another shape")
    key = _field(value, "trans_num", lambda each: isinstance(each, str))
    fraud = _field(value, "is_fraud_predicted", lambda each: _is_number(each) and each in (0, 1))
    probability = _field(value, "fraud_probability", lambda each: _is_number(each) and 0 <= each <= 1)
    level = _field(value, "risk_level", lambda each: each in RISK_LEVELS)
    version = _field(value, "model_version", lambda each: isinstance(each, str) and each != "")
    explanation = value.get("feature_explanation")
    if not (explanation is None or isinstance(explanation, str) or _is_texts(explanation)):
        raise Nonsense("feature_explanation: it has another shape")
    if key != trans_num:
        raise Nonsense("it is about another transaction")
    version = _clean(version)[:VERSION_WIDTH]
    return {
        "transNum": trans_num,
        "probability": probability,
        "isFraud": fraud == 1,
        "level": level,
        "modelVersion": version,
        "ruleBased": version.startswith("rule_based"),
        "explanation": _explanation(explanation or ""),
        "shape": value.get("shape") if value.get("shape") in MODEL_SHAPES else None,
        "contributions": _contributions(value.get("contributions")),
        "defaultsUsed": _names(value.get("defaults_used")),
    }


def read_batch(value, rows):
    """The list inside an answer about a list, or None when it does not have one entry for each row asked."""
    found = value.get("predictions") if isinstance(value, dict) else None
    return found if isinstance(found, list) and len(found) == rows else None


def _field(value, name, is_fine):
    if not is_fine(value.get(name)):
        raise Nonsense(f"{name}: it has another shape")
    return value[name]


def _explanation(text):
    """The API marks its reasons with a dash; a text without any dash is taken line by line."""
    lines = [_clean(line).strip() for line in (text.split("\n") if isinstance(text, str) else text)]
    reasons = [line[2:] for line in lines if line.startswith("- ")]
    return [line[:LINE_WIDTH] for line in (reasons or lines) if line][:MAX_LINES]


def _contributions(value):
    """Only our own API tells them: an answer is not thrown away because of them."""
    try:
        inputs = [
            {"feature": _clean(each["feature"]), "value": each["value"], "contribution": each["contribution"]}
            for each in value["features"]
        ]
        numbers = [value["base_value"], *(each[name] for each in inputs for name in ("value", "contribution"))]
        if len(inputs) > MAX_INPUTS or not all(map(_is_number, numbers)):
            return None
        if any(len(each["feature"]) > NAME_WIDTH for each in inputs):
            return None
        inputs.sort(key=lambda each: -abs(each["contribution"]))
        return {"base": value["base_value"], "inputs": inputs}
    except (TypeError, KeyError, AttributeError):
        return None


def _names(value):
    if not _is_texts(value) or len(value) > MAX_INPUTS or any(len(each) > NAME_WIDTH for each in value):
        return []
    return [_clean(each) for each in value]


def _clean(text):
    """PostgreSQL stores no NUL and no half of a surrogate pair; other control characters have no place in a line either."""
    return "".join(" " if unicodedata.category(each) in ("Cc", "Cs") else each for each in text)


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_texts(value):
    return isinstance(value, list) and all(isinstance(each, str) for each in value)
