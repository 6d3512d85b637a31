"""Reading requests: a body with its limit, JSON as a model, a query as a model."""

from typing import TypeVar

import falcon

from paycli.errors import BodyTooLarge
from paycli.models import Request

Wanted = TypeVar("Wanted", bound=Request)


def read_body(request: falcon.Request, max_body_bytes: int) -> bytes:
    """The whole body, whatever WSGI server is in front. Raises BodyTooLarge, HTTPBadRequest.

    Ours say how long a body in chunks was. Of others Falcon takes it for an empty one.
    """
    if request.content_length is None and request.get_header("Transfer-Encoding") is not None:
        raise falcon.HTTPBadRequest(description="send Content-Length instead of chunks")
    body = request.bounded_stream.read(max_body_bytes + 1)
    if len(body) > max_body_bytes:
        raise BodyTooLarge(f"the body may have {max_body_bytes} bytes")
    return body


def read_json(
    request: falcon.Request, kind: type[Wanted], max_body_bytes: int, *, required: bool = True
) -> Wanted:
    """What the body asks for; without `required` no body is an empty object.

    Raises HTTPUnsupportedMediaType, BodyTooLarge, BodyNotJson, FieldsInvalid.
    """
    body = read_body(request, max_body_bytes)
    if not body and not required:
        return kind.from_fields({})
    if (request.content_type or "").partition(";")[0].strip().lower() != falcon.MEDIA_JSON:
        raise falcon.HTTPUnsupportedMediaType(description="send Content-Type: application/json")
    return kind.from_json(body)


def read_query(request: falcon.Request, kind: type[Wanted]) -> Wanted:
    """What the query asks for; a parameter given twice is wrong. Raises FieldsInvalid."""
    return kind.from_fields(request.params)
