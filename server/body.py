"""Reading a request's body, with its limit."""

import falcon

from paycli.errors import BodyTooLarge


def read_body(request: falcon.Request, max_body_bytes: int) -> bytes:
    """The whole body. Raises BodyTooLarge, whatever WSGI server is in front."""
    body = request.bounded_stream.read(max_body_bytes + 1)
    if len(body) > max_body_bytes:
        raise BodyTooLarge(f"the body may have {max_body_bytes} bytes")
    return body
