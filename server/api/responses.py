"""Writes responses: a model as JSON."""

from typing import TypeVar

import falcon
from pydantic import BaseModel

from paycli.models import WriteResult

Model = TypeVar("Model", bound=BaseModel)


def write(response: falcon.Response, model: BaseModel) -> None:
    """Sets the body."""
    response.content_type = falcon.MEDIA_JSON
    response.data = model.model_dump_json().encode()


def write_result(response: falcon.Response, result: WriteResult[Model]) -> None:
    """Sets the body, and the header `Idempotent-Replayed` for a replayed result."""
    if result.replayed:
        response.set_header("Idempotent-Replayed", "true")
    write(response, result.result)


def set_created(response: falcon.Response, path: str, account: str | None) -> None:
    """Sets 201 and the location of the new resource, with its connected account if any."""
    response.status = falcon.HTTP_201
    response.location = path if account is None else f"{path}?account={account}"
