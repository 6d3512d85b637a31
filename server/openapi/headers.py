"""Headers that requests may have and answers do."""

from collections.abc import Iterable

from server.openapi.schemas import Json

IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "Your own for this request, and the same again when you repeat it: its work is "
    "done once, for as long as Stripe keeps keys (at least 24 hours). Callers with a name never "
    "meet in their keys.",
    "schema": {"type": "string", "pattern": "^[!-~]([ -~]{0,198}[!-~])?$"},
    "example": "booking-42-payment-1",
}
REQUEST_ID: Json = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "description": "Comes back in the answer, and stands in the logs, if it has 1 to 100 letters, "
    "digits, dots, `_` or `-`; else one is made.",
    "schema": {"type": "string"},
}
ANSWER_HEADERS: Json = {
    "X-Request-Id": {
        "description": "The request's id, which stands in the logs too.",
        "schema": {"type": "string"},
    },
    "Location": {"description": "Where it can be looked up.", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "Answers are of this moment.",
        "schema": {"const": "no-store"},
    },
    "Idempotent-Replayed": {
        "description": "An earlier request with this key did it; the state is of then.",
        "schema": {"const": "true"},
    },
    "Retry-After": {
        "description": "Seconds after which to send the same request again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "schema": {"const": "Bearer"},
    },
}


def header_references(names: Iterable[str]) -> Json:
    """References to the headers of an answer."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
