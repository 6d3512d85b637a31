"""Headers of responses."""

from collections.abc import Iterable

from server.openapi.operations.operation import Json

RESPONSE_HEADERS: Json = {
    "X-Request-Id": {
        "description": "The id of the request, which is also logged.",
        "schema": {"type": "string"},
    },
    "Location": {"description": "The path of the new resource.", "schema": {"type": "string"}},
    "Cache-Control": {
        "description": "Responses must not be cached.",
        "schema": {"const": "no-store"},
    },
    "Idempotent-Replayed": {
        "description": "The result of an earlier request with the same idempotency key, in its "
        "state at that time.",
        "schema": {"const": "true"},
    },
    "Retry-After": {
        "description": "The number of seconds to wait before sending the same request again.",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "The authentication scheme to use.",
        "schema": {"const": "Bearer"},
    },
}


def header_references(names: Iterable[str]) -> Json:
    """Returns references to the headers of a response, by header name."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
