"""Writing responses: a model as JSON that is never cached."""

from typing import TypeVar

import falcon
from pydantic import BaseModel

from paycli.models import WriteResult

Model = TypeVar("Model", bound=BaseModel)


def write(response: falcon.Response, model: BaseModel) -> None:
    """The model as the body; not cached, since a payment has a client_secret and changes."""
    response.content_type = falcon.MEDIA_JSON
    response.set_header("Cache-Control", "no-store")
    response.data = model.model_dump_json().encode()


def write_result(response: falcon.Response, written: WriteResult[Model]) -> None:
    """What was created or changed, and whether an earlier request had done it."""
    if written.replayed:
        response.set_header("Idempotent-Replayed", "true")
    write(response, written.result)


def set_created(response: falcon.Response, path: str, account: str | None) -> None:
    """201 with the address of what was created, which names its connected account."""
    response.status = falcon.HTTP_201
    response.location = path if account is None else f"{path}?account={account}"
