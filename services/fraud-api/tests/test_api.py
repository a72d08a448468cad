"""The contract of the API, as a caller sees it."""

import json

import pytest
from conftest import ARTIFACTS
from fastapi.testclient import TestClient
from fraud_api.app import create_app
from fraud_api.logs import logger, start_logging
from fraud_api.rules import VERSION

THEFT = {
    "amt": 998.12,
    "hour": 23,
    "day_of_week": 5,
    "distance_km": 80.0,
    "age": 44,
    "gender": "F",
    "merchant": "fraud_Stone-Reed",
    "category": "shopping_net",
    "trans_num": "t-1",
}
ORDINARY = THEFT | {"amt": 61.5, "hour": 9, "category": "gas_transport", "trans_num": "t-2"}
HISTORY = {
    "seconds_since_last": 600.0,
    "mean_amt": 70.0,
    "spread_amt": 60.0,
    "count_1h": 2,
    "sum_1h": 1890.5,
    "count_24h": 4,
    "sum_24h": 3011.0,
    "new_category": 0,
}


def test_a_theft_is_called_fraud_with_level_version_and_reasons(client):
    answer = client.post("/predict/raw", json=THEFT).json()
    assert answer["trans_num"] == "t-1"
    assert answer["is_fraud_predicted"] == 1
    assert answer["risk_level"] == "HIGH"
    assert answer["fraud_probability"] == round(answer["fraud_probability"], 4)
    assert answer["model_version"].startswith("trees-stateless-")
    assert len(answer["model_version"]) <= 50
    assert answer["feature_explanation"].startswith("- High amount: $998.12 (+")
    assert answer["raw_input"]["amt"] == 998.12


def test_an_ordinary_payment_is_not_and_has_no_reasons_unless_asked(client):
    plain = client.post("/predict/raw", json=ORDINARY).json()
    asked = client.post("/predict/raw?explain=true", json=ORDINARY).json()
    assert (plain["is_fraud_predicted"], plain["risk_level"]) == (0, "LOW")
    assert (plain["contributions"], plain["feature_explanation"]) == (None, "")
    assert len(asked["contributions"]["features"]) == 6


def test_contributions_and_base_add_up_to_the_probability(client):
    answer = client.post("/predict/raw", json=THEFT | {"history": HISTORY}).json()
    parts = answer["contributions"]
    log_odds = parts["base_value"] + sum(item["contribution"] for item in parts["features"])
    assert answer["fraud_probability"] == pytest.approx(1 / (1 + 2.718281828459045**-log_odds), abs=5.1e-5)


def test_the_answer_says_which_model_answered(client):
    rows = [THEFT, THEFT | {"history": HISTORY}, ORDINARY]
    answers = client.post("/predict/batch/raw", json=rows).json()["predictions"]
    assert [answer["shape"] for answer in answers] == ["stateless", "history", "stateless"]
    assert [answer["trans_num"] for answer in answers] == ["t-1", "t-1", "t-2"]


def test_a_batch_answers_each_row_as_it_would_alone_and_sums_up(client):
    rows = [THEFT | {"amt": 10.0 * step, "hour": step % 24, "trans_num": str(step)} for step in range(1000)]
    answer = client.post("/predict/batch/raw", json=rows).json()
    alone = [client.post("/predict/raw", json=row).json() for row in rows[::50]]
    assert answer["predictions"][::50] == alone
    summary = answer["summary"]
    assert summary["total_transactions"] == 1000
    assert summary["fraud_detected"] == sum(item["is_fraud_predicted"] for item in answer["predictions"])
    assert summary["high_risk_count"] + summary["medium_risk_count"] + summary["low_risk_count"] == 1000


def test_an_empty_batch_is_answered(client):
    answer = client.post("/predict/batch/raw", json=[]).json()
    assert answer["predictions"] == []
    assert answer["summary"]["fraud_rate"] == 0


def test_missing_and_unknown_inputs_are_named(client):
    answer = client.post("/predict/raw", json={"amt": 5, "gender": "?", "category": "yachts"}).json()
    assert answer["trans_num"] is None
    missing = {"hour", "day_of_week", "distance_km", "age", "gender", "category"}
    assert set(answer["defaults_used"]) == missing


def test_a_category_that_the_model_does_not_know_is_no_other_category(client, models):
    def ask(category):
        return client.post("/predict/raw?explain=true", json=THEFT | {"category": category}).json()

    known = {category: ask(category)["fraud_probability"] for category in models["stateless"].categories}
    unknown, untold = ask("yachts"), ask(None)
    assert min(known.values()) < unknown["fraud_probability"] < max(known.values())
    assert unknown["fraud_probability"] not in known.values()
    assert unknown["fraud_probability"] == untold["fraud_probability"]
    told = {item["feature"]: item for item in unknown["contributions"]["features"]}
    assert told["category"] == {"feature": "category", "value": -1, "contribution": 0}
    assert "ategory" not in unknown["feature_explanation"]


def test_the_label_changes_nothing(client):
    plain, labelled = (client.post("/predict/raw", json=THEFT | extra).json() for extra in ({}, {"is_fraud": 0}))
    assert plain == labelled


@pytest.mark.parametrize(
    "bad", [{"amt": None}, {"amt": "12"}, {"amt": True}, {"hour": 24}, {"day_of_week": -1}, {"history": {}}]
)
def test_a_wrong_request_is_refused_without_repeating_it(client, bad):
    reply = client.post("/predict/raw", json=THEFT | {"merchant": "Canary"} | bad)
    assert reply.status_code == 422
    assert "Canary" not in reply.text
    assert {"loc", "msg", "type"} == set(reply.json()["detail"][0])


def test_a_body_that_is_not_json_is_refused_and_12_0_is_a_whole_number(client):
    reply = client.post("/predict/raw", content="{amt", headers={"content-type": "application/json"})
    assert reply.status_code in (400, 422)
    assert client.post("/predict/raw", json=THEFT | {"hour": 23.0}).json()["defaults_used"] == []


def test_a_number_that_json_does_not_know_is_refused(client):
    reply = client.post("/predict/raw", content='{"amt": NaN}', headers={"content-type": "application/json"})
    assert reply.status_code == 422


@pytest.mark.parametrize(
    ("change", "probability"),
    [
        ({"amt": 500, "distance_km": 50, "hour": 22, "day_of_week": 4}, 0),
        ({"amt": 500.01, "distance_km": 50, "hour": 22, "day_of_week": 4}, 0.3),
        ({"amt": 1, "distance_km": 50.1, "hour": 12, "day_of_week": 0}, 0.2),
        ({"amt": 1, "distance_km": 100.1, "hour": 12, "day_of_week": 0}, 0.45),
        ({"amt": 1, "distance_km": 1, "hour": 5, "day_of_week": 0}, 0.15),
        ({"amt": 1, "distance_km": 1, "hour": 23, "day_of_week": 6}, 0.25),
        ({"amt": 501, "distance_km": 60, "hour": 6, "day_of_week": 0}, 0.5),
        ({"amt": 1001, "distance_km": 101, "hour": 0, "day_of_week": 5}, 1.0),
    ],
)
def test_without_a_model_the_five_rules_answer(client_without_models, change, probability):
    answer = client_without_models.post("/predict/raw", json=THEFT | change).json()
    assert answer["fraud_probability"] == probability
    assert answer["is_fraud_predicted"] == int(probability > 0.5)
    assert (answer["model_version"], answer["shape"]) == (VERSION, "rules")
    assert VERSION.startswith("rule_based")


def test_health_tells_whether_a_model_is_loaded(client, client_without_models):
    assert client.get("/health").json()["model_loaded"] is True
    assert client_without_models.get("/health").json() == {
        "status": "healthy",
        "model_loaded": False,
        "model_versions": [],
    }


def test_a_reload_takes_new_models_and_keeps_good_ones_when_a_file_is_bad(tmp_path):
    client = TestClient(create_app(tmp_path))
    assert client.post("/model/reload").status_code == 500
    for name in ("stateless.json", "history.json"):
        (tmp_path / name).write_bytes((ARTIFACTS / name).read_bytes())
    assert client.post("/model/reload").json()["model_loaded"] is True
    before = client.post("/predict/raw", json=THEFT).json()
    (tmp_path / "stateless.json").write_text("{")
    reply = client.post("/model/reload")
    assert reply.status_code == 500
    assert "stateless.json" in reply.json()["detail"]
    assert client.post("/predict/raw", json=THEFT).json() == before


def test_info_names_both_models_and_their_cut(client):
    models = {model["shape"]: model for model in client.get("/model/info").json()["models"]}
    assert set(models) == {"stateless", "history"}
    assert models["history"]["trees"] == 100
    assert 0 < models["stateless"]["cut"] < 1


def test_logs_are_json_and_hold_no_input(client, capsys, monkeypatch):
    canary = {"merchant": "Canary-merchant", "trans_num": "canary-number", "amt": 4242.42, "age": 97}
    facts = {"event", "level", "method", "path", "status", "rows", "frauds"}
    measures = {"time", "ms", "model_versions"}
    for name in ("handlers", "level", "propagate"):
        monkeypatch.setattr(logger, name, getattr(logger, name))
    start_logging()
    client.post("/predict/raw", json=THEFT | canary)
    client.get("/people/canary-path")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["path"] for line in lines] == ["/predict/raw", "(unknown)"]
    for line in lines:
        assert line.keys() <= facts | measures
        text = json.dumps({name: line[name] for name in facts & line.keys()})
        for part in ("anary", "4242", "97"):
            assert part not in text


def test_a_failure_inside_is_a_500_with_a_detail_and_no_secrets(models, monkeypatch):
    client = TestClient(create_app(ARTIFACTS), raise_server_exceptions=False)
    monkeypatch.setattr("fraud_api.app.predict", lambda *_: 1 / 0)
    reply = client.post("/predict/raw", json=THEFT)
    assert reply.status_code == 500
    assert "division" not in reply.json()["detail"]


def test_the_interactive_docs_are_there(client):
    assert client.get("/docs").status_code == 200
