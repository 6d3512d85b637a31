"""Error responses to requests that the server rejects before they reach the application."""

import logging
import random

from server.problems import PROBLEM_JSON, http_problem

log = logging.getLogger("paycli.http")


def refusal(status_code: int, detail: str) -> tuple[list[tuple[str, str]], bytes]:
    """Logs the rejection; returns the response's headers and body."""
    request_id = new_request_id()
    log.info("request_rejected", extra={"status": status_code, "request_id": request_id})
    headers = [("Content-Type", PROBLEM_JSON), ("X-Request-Id", request_id)]
    return headers, http_problem(status_code, detail)


def new_request_id() -> str:
    """Returns an id for a request without one. It is not a secret: a fast generator suffices."""
    return f"{random.getrandbits(128):032x}"
