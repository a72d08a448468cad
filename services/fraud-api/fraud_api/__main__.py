"""`python -m fraud_api`: serves on FRAUD_API_HOST:FRAUD_API_PORT from the models in FRAUD_API_MODELS."""

import os
from pathlib import Path

import uvicorn

from .app import create_app
from .logs import start_logging

MODELS = Path(__file__).resolve().parent / "../../../model/artifacts"
"""Where they lie in the repository."""


def main() -> None:
    start_logging()
    models = Path(os.environ.get("FRAUD_API_MODELS", MODELS))
    uvicorn.run(
        create_app(models),
        host=os.environ.get("FRAUD_API_HOST", "127.0.0.1"),
        port=int(os.environ.get("FRAUD_API_PORT", "8000")),
        log_config=None,
        access_log=False,
    )


if __name__ == "__main__":
    main()
