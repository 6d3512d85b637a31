"""Writing answers: a model as JSON, never to be cached."""

import falcon
from pydantic import BaseModel

from paycli.models import Payment, Refund, Written


def write(response: falcon.Response, told: BaseModel) -> None:
    """Answers with `told`; payments hold a client_secret and are of this moment only."""
    response.content_type = falcon.MEDIA_JSON
    response.set_header("Cache-Control", "no-store")
    response.data = told.model_dump_json().encode()


def write_change(response: falcon.Response, change: Written[Payment] | Written[Refund]) -> None:
    """Answers with what was made or changed, and whether an earlier request had done it."""
    if change.replayed:
        response.set_header("Idempotent-Replayed", "true")
    write(response, change.made)


def created_at(response: falcon.Response, path: str, account: str | None) -> None:
    """Answers 201 with the address of what was made, which names its account."""
    response.status = falcon.HTTP_201
    response.location = path if account is None else f"{path}?account={account}"
