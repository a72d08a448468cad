"""The HTTP face: paths, status codes, logs."""

import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

from fastapi import Body, FastAPI, HTTPException, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from . import rules
from .logs import log
from .predict import predict, summarise
from .schemas import (
    MOST_ROWS,
    BatchAnswer,
    Health,
    ModelInfo,
    ModelsInfo,
    Prediction,
    Problem,
    RawTransaction,
)
from .store import ModelStore

Explain = Annotated[bool, Query(description="give contributions and reasons for every row, not for frauds alone")]
FAILURE = {500: {"model": Problem}}
FAILURES = {400: {"model": Problem, "description": "the body is not JSON"}, **FAILURE}


def create_app(models: Path) -> FastAPI:
    """An app that answers from the models in a folder, or from the rules as long as there are none."""
    store = ModelStore(models)
    store.load()
    app = FastAPI(title="Sluice fraud API", version="1.0.0", description=__doc__)
    app.middleware("http")(_log_request)
    app.exception_handler(RequestValidationError)(_refuse)
    app.exception_handler(Exception)(_fail)

    @app.post("/predict/raw", responses=FAILURES)
    def predict_raw(row: RawTransaction, request: Request, explain: Explain = False) -> Prediction:
        answers = predict([row], store.models, explain)
        _note(request, answers)
        return answers[0]

    @app.post("/predict/batch/raw", responses=FAILURES)
    def predict_batch_raw(
        rows: Annotated[list[RawTransaction], Body(max_length=MOST_ROWS)], request: Request, explain: Explain = False
    ) -> BatchAnswer:
        answers = predict(rows, store.models, explain)
        _note(request, answers)
        return summarise(answers)

    @app.get("/health")
    def health() -> Health:
        versions = [model.version for model in store.models.values()]
        return Health(status="healthy", model_loaded=bool(versions), model_versions=versions)

    @app.get("/model/info")
    def model_info() -> ModelsInfo:
        return _info(store)

    @app.post("/model/reload", responses=FAILURE)
    def model_reload() -> ModelsInfo:
        problems = store.load()
        if problems:
            raise HTTPException(500, "; ".join(problems))
        return _info(store)

    return app


def _info(store: ModelStore) -> ModelsInfo:
    models = [
        ModelInfo(
            shape=model.shape,
            model_version=model.version,
            trained=model.trained,
            cut=model.cut,
            trees=len(model.trees.roots),
            features=list(model.features),
        )
        for model in store.models.values()
    ]
    return ModelsInfo(model_loaded=bool(models), models=models, fallback=rules.VERSION)


def _note(request: Request, answers: list[Prediction]) -> None:
    """Leaves the counts for the log line of the request."""
    request.state.facts = {
        "rows": len(answers),
        "frauds": sum(answer.is_fraud_predicted for answer in answers),
        "model_versions": sorted({answer.model_version for answer in answers}),
    }


async def _log_request(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    started = time.perf_counter()
    response = await call_next(request)
    route = request.scope.get("route")
    log(
        logging.INFO,
        "request",
        method=request.method,
        # A path that is not ours may hold anything.
        path=getattr(route, "path", "(unknown)"),
        status=response.status_code,
        ms=round(1000 * (time.perf_counter() - started), 1),
        **getattr(request.state, "facts", {}),
    )
    return response


async def _refuse(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Says where and why, without repeating what was sent: the caller may log the answer."""
    detail = [{"loc": list(item["loc"]), "msg": item["msg"], "type": item["type"]} for item in error.errors()]
    return JSONResponse({"detail": detail}, status_code=422)


async def _fail(_request: Request, error: Exception) -> JSONResponse:
    log(logging.ERROR, "failure", error=type(error).__name__)
    return JSONResponse(
        {"detail": "The score could not be computed; the service's log names the error."}, status_code=500
    )
