"""Responses that the server sends itself, to requests that never reach the application."""

import logging
import random

from server.problems import PROBLEM_JSON, http_problem

log = logging.getLogger("paycli.http")


def refusal(status_code: int, detail: str) -> tuple[list[tuple[str, str]], bytes]:
    """The header fields and the body of such a response, which is logged."""
    request_id = new_request_id()
    log.info("request_rejected", extra={"status": status_code, "request_id": request_id})
    headers = [("Content-Type", PROBLEM_JSON), ("X-Request-Id", request_id)]
    return headers, http_problem(status_code, detail)


def new_request_id() -> str:
    """An id for a request that came without one. It is no secret, so it need not be urandom's."""
    return f"{random.getrandbits(128):032x}"
