"""The models of the repository, and a client that calls the app in this process."""

import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "services" / "fraud-api"), str(ROOT / "model")]

from fraud_api.app import create_app
from fraud_api.model_file import load_model

ARTIFACTS = ROOT / "model" / "artifacts"


@pytest.fixture(scope="session")
def models():
    return {shape: load_model(ARTIFACTS / f"{shape}.json") for shape in ("stateless", "history")}


@pytest.fixture(scope="session")
def client():
    return TestClient(create_app(ARTIFACTS))


@pytest.fixture
def client_without_models(tmp_path):
    return TestClient(create_app(tmp_path))
