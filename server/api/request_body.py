"""Reading requests: a body within its limit, JSON and query as models, the idempotency key."""

from typing import TypeVar

import falcon

from paycli.errors import BodyTooLarge
from paycli.models import RequestModel

Model = TypeVar("Model", bound=RequestModel)


def read_body(request: falcon.Request, max_body_bytes: int) -> bytes:
    """The whole body, under any WSGI server. Raises BodyTooLarge, HTTPBadRequest.

    Our own server sets the length of a chunked body. Under others Falcon reads it as empty, so it
    is refused.
    """
    if request.content_length is None and request.get_header("Transfer-Encoding") is not None:
        raise falcon.HTTPBadRequest(description="send Content-Length instead of chunks")
    body = request.bounded_stream.read(max_body_bytes + 1)
    if len(body) > max_body_bytes:
        raise BodyTooLarge(f"the body may have {max_body_bytes} bytes")
    return body


def read_json(
    request: falcon.Request, model: type[Model], max_body_bytes: int, *, required: bool = True
) -> Model:
    """The body as a model; without `required` an empty body is an empty object.

    Raises HTTPUnsupportedMediaType, BodyTooLarge, BodyNotJson, FieldsInvalid.
    """
    body = read_body(request, max_body_bytes)
    if not body and not required:
        return model.from_fields({})
    if (request.content_type or "").partition(";")[0].strip().lower() != falcon.MEDIA_JSON:
        raise falcon.HTTPUnsupportedMediaType(description="send Content-Type: application/json")
    return model.from_json(body)


def read_query(request: falcon.Request, model: type[Model]) -> Model:
    """The query as a model; a repeated parameter is wrong. Raises FieldsInvalid."""
    return model.from_fields(request.params)


def idempotency_key(request: falcon.Request) -> str | None:
    """The header `Idempotency-Key`, None without one."""
    return request.get_header("Idempotency-Key")
