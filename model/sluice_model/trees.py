"""The model as flat JSON: what a scorer needs and nothing of the library that trained it."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import lightgbm

from .profiles import CATEGORIES

FORMAT = "sluice-trees/1"


@dataclass
class _Nodes:
    """Nodes of all trees one after the other, each before its children, the left child first."""

    feature: list[int]
    number: list[float]
    right: list[int]
    cover: list[int]


def to_document(booster: lightgbm.Booster, shape: str, cut: float, trained: str) -> dict:
    """Everything a scorer needs. `trained` is a date given by the caller, so that the same training gives the same bytes.

    `feature` is -1 in a leaf. `number` is the threshold of a split (`value <= number` goes left, to the next node; else
    to node `right`) or the log-odds of a leaf. `cover` is the number of training rows that reached the node.
    """
    dump = booster.dump_model()
    nodes = _Nodes([], [], [], [])
    roots = []
    for tree in dump["tree_info"]:
        roots.append(len(nodes.feature))
        _append(tree["tree_structure"], nodes)
    document = {
        "format": FORMAT,
        "shape": shape,
        "trained": trained,
        "features": dump["feature_names"],
        "categories": list(CATEGORIES),
        "cut": cut,
        "roots": roots,
        "feature": nodes.feature,
        "number": nodes.number,
        "right": nodes.right,
        "cover": nodes.cover,
    }
    return {"model_version": _version(document), **document}


def write_document(document: dict, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_bytes(document))


def to_bytes(document: dict) -> bytes:
    """One member a line, so that a change can be seen."""
    members = (f"{json.dumps(key)}:{json.dumps(value, separators=(',', ':'))}" for key, value in document.items())
    return ("{" + ",\n".join(members) + "}\n").encode()


def read_document(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def _append(node: dict, nodes: _Nodes) -> None:
    at = len(nodes.feature)
    is_leaf = "leaf_value" in node
    if not is_leaf and (node["decision_type"] != "<=" or node["missing_type"] != "None"):
        raise ValueError(
            f"tree node {at}: expected a numeric split without missing values, got {node['decision_type']}"
        )
    nodes.feature.append(-1 if is_leaf else node["split_feature"])
    nodes.number.append(node["leaf_value"] if is_leaf else node["threshold"])
    nodes.cover.append(node["leaf_count"] if is_leaf else node["internal_count"])
    nodes.right.append(0)
    if is_leaf:
        return
    _append(node["left_child"], nodes)
    nodes.right[at] = len(nodes.feature)
    _append(node["right_child"], nodes)


def _version(document: dict) -> str:
    content = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    digest = hashlib.sha256(content).hexdigest()[:12]
    return f"trees-{document['shape']}-{document['trained']}-{digest}"
