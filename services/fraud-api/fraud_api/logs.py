"""One JSON object a line on stdout. No field of a request or an answer is ever passed in: only counts, times and names."""

import json
import logging
import sys
from datetime import UTC, datetime

logger = logging.getLogger("fraud_api")


def start_logging() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_JsonLines())
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def log(level: int, event: str, **facts: object) -> None:
    logger.log(level, event, extra={"facts": facts})


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        head = {"time": time, "level": record.levelname.lower(), "event": record.getMessage()}
        return json.dumps(head | getattr(record, "facts", {}))
