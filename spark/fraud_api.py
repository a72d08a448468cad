"""Scores of many rows at once, one verdict for each: the questions and answers of src/pipeline/alert/fraud-api.ts."""

import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from answer import Nonsense, read_batch, read_prediction

ROWS_PER_REQUEST = 100
REQUESTS_IN_FLIGHT = 4
TIMEOUT_S = 10
TRIES = 4
# No request about a batch begins later than this after its first: what is left waits, and the stream goes on.
SCORING_S = 10
ROW_ANSWER_BYTES = 64 * 1024


class ApiRefused(Exception):
    """The API wants other rights or another address: nothing that waiting would cure."""


class FraudApi:
    """Verdicts are `("scored", score)`, `("rejected", reason)` or `("unavailable", reason)`."""

    def __init__(self, url):
        self._url = url.rstrip("/")
        self._has_batch = True

    def score(self, requests):
        """One verdict for each request, in their order. Raises ApiRefused."""
        until = time.monotonic() + SCORING_S
        chunks = [requests[at : at + ROWS_PER_REQUEST] for at in range(0, len(requests), ROWS_PER_REQUEST)]
        with ThreadPoolExecutor(REQUESTS_IN_FLIGHT) as pool:
            lists = pool.map(lambda chunk: self._score_list(chunk, until), chunks)
            return [verdict for verdicts in lists for verdict in verdicts]

    def _score_list(self, requests, until):
        """One row can make the API refuse a whole list, or fail on it: halves are asked until that row stands alone."""
        if not requests:
            return []
        if time.monotonic() >= until:
            return [("unavailable", "The fraud API is slow: the rest of the batch waits for it.")] * len(requests)
        if len(requests) == 1:
            return [self._score_one(requests[0])]
        if not self._has_batch:
            return [verdict for each in requests for verdict in self._score_list([each], until)]
        kind, value = self._ask("/predict/batch/raw", requests, len(requests))
        if kind == "ok":
            answers = read_batch(value, len(requests))
            if answers is None:
                return [("unavailable", "The fraud API answered a list of another length.")] * len(requests)
            return [_verdict(answer, request) for answer, request in zip(answers, requests)]
        if kind == "unavailable":
            return [(kind, value)] * len(requests)
        if kind == "missing":
            self._has_batch = False
            return self._score_list(requests, until)
        half = (len(requests) + 1) // 2
        return self._score_list(requests[:half], until) + self._score_list(requests[half:], until)

    def _score_one(self, request):
        kind, value = self._ask("/predict/raw", request, 1)
        if kind == "missing":
            raise ApiRefused(f"{value} on /predict/raw")
        if kind == "refused":
            return ("rejected", value)
        return _verdict(value, request) if kind == "ok" else ("unavailable", value)

    def _ask(self, path, body, rows):
        """`ok` with the value; `refused`, `crashed`, `missing` or `unavailable` with the reason."""
        kind, value = "unavailable", ""
        for attempt in range(TRIES):
            time.sleep(0.1 * (2**attempt - 1))
            began = time.monotonic()
            kind, value = self._ask_once(path, body, rows)
            # A second wait of the full deadline would hold the batch up; the row waits in the database instead.
            if kind != "unavailable" or time.monotonic() - began >= TIMEOUT_S:
                break
        return kind, f"The fraud API is away: {value}." if kind == "unavailable" else value

    def _ask_once(self, path, body, rows):
        request = urllib.request.Request(
            self._url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Accept": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                return "ok", json.loads(response.read(ROW_ANSWER_BYTES * rows))
        except urllib.error.HTTPError as error:
            return _judge(error.code)
        except ValueError:
            return "unavailable", "it answered 200 with something that is no JSON"
        except OSError as error:
            return "unavailable", str(getattr(error, "reason", error))


def _judge(status):
    if status in (401, 403):
        raise ApiRefused(f"it answered {status}")
    if status in (400, 413, 422):
        return "refused", f"The fraud API answered {status}."
    if status in (404, 405):
        return "missing", f"it answered {status}"
    if status == 500:
        return "crashed", f"The fraud API answered {status}."
    return "unavailable", f"it answered {status}"


def _verdict(value, request):
    try:
        return ("scored", read_prediction(value, request["trans_num"]))
    except Nonsense as error:
        return ("unavailable", f"The fraud API answered nonsense: {error}.")
