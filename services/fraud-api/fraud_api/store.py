"""The models that answer now. Loading is all or nothing for each file: a bad one never replaces a good one."""

import logging
from pathlib import Path

from .logs import log
from .model_file import Model, load_model

FILES = {"stateless": "stateless.json", "history": "history.json"}


class ModelStore:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.models: dict[str, Model] = {}

    def load(self) -> list[str]:
        """Loads each file again; one sentence for each that could not be, whose model then stays as it was."""
        loaded, problems = dict(self.models), []
        for shape, name in FILES.items():
            try:
                model = load_model(self._folder / name)
                if model.shape != shape:
                    raise ValueError(f"{name}: expected a model of shape {shape}, got {model.shape}")
                loaded[shape] = model
                log(logging.INFO, "model loaded", shape=shape, model_version=model.version)
            except (OSError, ValueError) as error:
                problem = str(error) if isinstance(error, ValueError) else f"{name}: {error.strerror}"
                problems.append(problem)
                log(logging.ERROR, "model not loaded", shape=shape, problem=problem)
        # Requests that run meanwhile keep the mapping they took.
        self.models = loaded
        return problems
