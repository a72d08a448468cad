"""The numpy scorer against the library that trained the model, and the inputs against those of training."""

import json

import lightgbm
import numpy as np
import pytest
from conftest import ARTIFACTS
from fraud_api.inputs import complete, to_matrix
from fraud_api.model_file import load_model
from fraud_api.trees import Trees
from parity import request_of
from sluice_model.features import SHAPES
from sluice_model.generate import generate
from sluice_model.history import card_history
from sluice_model.train import make_sample, train
from sluice_model.trees import to_document, write_document


@pytest.fixture(scope="module")
def sample():
    return make_sample(generate(seed=7, customers=6))


@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_equal_to_the_librarys_bit_for_bit_and_contributions_to_1e9(sample, shape, tmp_path):
    booster = train(sample, shape, trees=40)
    write_document(to_document(booster, shape, 0.4, "2026-01-15"), tmp_path / "model.json")
    trees = load_model(tmp_path / "model.json").trees
    matrix = sample.features[shape]
    assert np.array_equal(trees.log_odds(matrix), booster.predict(matrix, raw_score=True))
    assert np.array_equal(trees.log_odds(matrix[:1]), trees.log_odds(matrix)[:1])
    rows = np.concatenate([matrix[::200], matrix[sample.rows.is_fraud == 1]])
    expected = booster.predict(rows, pred_contrib=True)
    for row, wanted in zip(rows, expected, strict=True):
        assert np.allclose(trees.contributions(row), wanted[:-1], rtol=0, atol=1e-9)
    assert trees.base_value == pytest.approx(expected[0][-1], abs=1e-9)


def test_a_value_equal_to_a_threshold_goes_left_and_shapley_values_are_those_counted_by_hand():
    """One tree: amt <= 10 gives -1, else hour <= 6 gives 2 and the rest 0; and one that is a leaf of 0.5."""
    trees = Trees(
        roots=np.array([0, 5]),
        feature=np.array([0, -1, 1, -1, -1, -1]),
        number=np.array([10, -1, 6, 2, 0, 0.5]),
        right=np.array([2, 0, 4, 0, 0, 0]),
        cover=np.array([10.0, 6, 4, 1, 3, 10]),
        feature_count=2,
    )
    rows = np.array([[10, 0], [10.01, 6], [10.01, 7]])
    assert trees.log_odds(rows).tolist() == [-0.5, 2.5, 0.5]
    assert trees.base_value == pytest.approx(0.6 * -1 + 0.4 * 0.25 * 2 + 0.5, abs=1e-12)
    # Nothing known: -0.4. Amount alone: 0.5. Hour alone: 0.6 * -1 + 0.4 * 2. Both: 2.
    expected = [(0.9 + 1.8) / 2, (0.6 + 1.5) / 2]
    assert trees.contributions(np.array([50.0, 3.0])) == pytest.approx(expected, abs=1e-12)
    # The hour is not known: it counts by its shares, and the amount alone speaks.
    unknown = np.array([[50.0, np.nan], [5.0, np.nan]])
    assert trees.log_odds(unknown) == pytest.approx([0.25 * 2 + 0.5, -1 + 0.5], abs=1e-12)
    assert trees.contributions(unknown[0]) == pytest.approx([0.9, 0], abs=1e-12)


def test_requests_give_the_features_of_training(sample, models):
    rows, past = sample.rows, card_history(sample.rows)
    chosen = np.random.default_rng(3).choice(len(rows), 2_000, replace=False)
    requests = [request_of(sample, past, index) for index in chosen]
    for shape, model in models.items():
        made = to_matrix([(complete(row), row.history) for row in requests], model)
        assert np.allclose(made, sample.features[shape][chosen], rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "change",
    [
        {"right": lambda links: [0, *links[1:]]},
        {"feature": lambda features: [99, *features[1:]]},
        {"cover": lambda covers: covers[:-1]},
        {"cover": lambda covers: [0, *covers[1:]]},
        {"roots": lambda roots: [1, *roots[1:]]},
        {"model_version": lambda _: "rule_based_x"},
        {"format": lambda _: "sluice-trees/2"},
    ],
)
def test_a_model_file_that_cannot_be_walked_is_refused(tmp_path, change):
    document = json.loads((ARTIFACTS / "stateless.json").read_text())
    for name, edit in change.items():
        document[name] = edit(document[name])
    (tmp_path / "stateless.json").write_text(json.dumps(document))
    with pytest.raises(ValueError, match=r"stateless\.json: "):
        load_model(tmp_path / "stateless.json")


def test_the_service_needs_no_training_library():
    assert lightgbm.__version__
    source = "".join(path.read_text() for path in (ARTIFACTS.parents[1] / "services/fraud-api/fraud_api").glob("*.py"))
    for name in ("lightgbm", "sklearn", "scipy", "sluice_model"):
        assert f"import {name}" not in source
        assert f"from {name}" not in source
