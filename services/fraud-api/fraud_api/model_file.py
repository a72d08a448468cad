"""Reads a model file and refuses one that a scorer could not trust."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .trees import Trees

MOST_FEATURES = 16


class _Document(BaseModel):
    model_config = ConfigDict(strict=True, protected_namespaces=(), extra="forbid")

    model_version: Annotated[str, Field(min_length=1, max_length=50)]
    format: Literal["sluice-trees/1"]
    shape: Literal["stateless", "history"]
    trained: str
    features: Annotated[list[str], Field(min_length=1, max_length=MOST_FEATURES)]
    categories: list[str]
    cut: Annotated[float, Field(gt=0, lt=1)]
    roots: Annotated[list[int], Field(min_length=1)]
    feature: list[int]
    number: list[Annotated[float, Field(allow_inf_nan=False)]]
    right: list[int]
    cover: list[Annotated[int, Field(gt=0)]]


@dataclass(frozen=True)
class Model:
    """One model that can score. `features` is the order of the columns it wants."""

    version: str
    shape: str
    trained: str
    features: tuple[str, ...]
    categories: dict[str, int]
    cut: float
    trees: Trees


def load_model(path: Path) -> Model:
    """Raises ValueError with one sentence when the file is not a model."""
    try:
        document = _Document.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise ValueError(f"{path.name}: {'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}") from None
    problem = _problem_of(document)
    if problem:
        raise ValueError(f"{path.name}: {problem}")
    return Model(
        version=document.model_version,
        shape=document.shape,
        trained=document.trained,
        features=tuple(document.features),
        categories={name: index for index, name in enumerate(document.categories)},
        cut=document.cut,
        trees=Trees(
            roots=np.array(document.roots),
            feature=np.array(document.feature),
            number=np.array(document.number),
            right=np.array(document.right),
            cover=np.array(document.cover, dtype=np.float64),
            feature_count=len(document.features),
        ),
    )


def _problem_of(document: _Document) -> str | None:
    """Links must lead forward inside their own tree, so that every walk ends in a leaf."""
    size = len(document.feature)
    if document.model_version.startswith("rule_based"):
        return "expected a version that is not the rules'"
    if not size == len(document.number) == len(document.right) == len(document.cover):
        return "expected lists of one length"
    if document.roots[0] != 0 or sorted(set(document.roots)) != document.roots or document.roots[-1] >= size:
        return "expected roots in rising order from 0"
    ends = [*document.roots[1:], size]
    for start, end in zip(document.roots, ends, strict=True):
        for node in range(start, end):
            feature, right = document.feature[node], document.right[node]
            if not -1 <= feature < len(document.features):
                return f"node {node}: there is no feature {feature}"
            if feature >= 0 and not node + 1 < right < end:
                return f"node {node}: expected its right child between {node + 2} and {end - 1}, got {right}"
    return None
