"""The document, put together."""

import json
from functools import cache
from typing import cast

from paycli import __version__, models
from server.openapi import examples, schemas
from server.openapi.failures import error_examples, error_responses
from server.openapi.headers import ANSWER_HEADERS, IDEMPOTENCY_KEY, REQUEST_ID, header_references
from server.openapi.operations import OPERATIONS, Operation
from server.openapi.schemas import Json

_JSON = "application/json"
_PATH_PARAMETERS: dict[str, Json] = {
    "payment_id": {
        "description": "`pi_…`, or `cs_…` of a checkout.",
        "schema": {"type": "string", "pattern": "^(pi|cs)_[A-Za-z0-9_]{1,250}$"},
        "example": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
    },
    "refund_id": {
        "description": "`re_…`, or `pyr_…`.",
        "schema": {"type": "string", "pattern": "^(re|pyr)_[A-Za-z0-9_]{1,250}$"},
        "example": "re_1Nispe2eZvKYlo2Cd31jOCgZ",
    },
}
_SECURITY: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of PAYCLI_API_TOKENS.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Stripe-Signature",
        "description": "Stripe's signature of the body. https://docs.stripe.com/webhooks",
    },
}


@cache
def document_bytes() -> bytes:
    """The document as it is served and printed: JSON in UTF-8."""
    return (json.dumps(document(), indent=2, ensure_ascii=False) + "\n").encode()


def document() -> Json:
    """The interface as an OpenAPI 3.1 document."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "paycli",
            "version": __version__,
            "summary": "Payments between your services and Stripe.",
            "description": "Amounts are whole numbers in Stripe's unit: 2000 is 20.00 EUR, 500 is "
            "500 JPY; ISK and UGX are in hundredths and end in 00; BHD, JOD, KWD, OMR and TND are "
            "in thousandths and end in 0. Errors are problems (RFC 9457) with a stable code.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The daemon that serves this document."}],
        "paths": paths,
        "components": {
            "securitySchemes": _SECURITY,
            "schemas": schemas.components(),
            "headers": ANSWER_HEADERS,
            "examples": error_examples(),
        },
    }


def _operation(operation: Operation) -> Json:
    told: Json = {
        "operationId": operation.id,
        "tags": [_tag(operation)],
        "summary": operation.summary,
        "security": [{operation.security: []}] if operation.security else [],
        "parameters": _parameters(operation),
        "responses": {str(int(operation.status)): _success(operation)}
        | _unready(operation)
        | error_responses(operation),
    }
    if operation.description:
        told["description"] = operation.description
    if operation.body is not None:
        content: Json = {"schema": _ref(operation.body.__name__)}
        if shown := examples.REQUESTS.get(operation.id):
            content["examples"] = {name: {"value": value} for name, value in shown.items()}
        told["requestBody"] = {
            "required": operation.body_required,
            "content": {_JSON: content},
        }
    return told


def _tag(operation: Operation) -> str:
    by_answer = {models.Refund: "refunds", models.RefundPage: "refunds"}
    if operation.security == "bearer":
        return by_answer.get(operation.answer, "payments")
    return "webhook" if operation.security else "operation"


def _parameters(operation: Operation) -> list[Json]:
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, **told}
        for name, told in _PATH_PARAMETERS.items()
        if f"{{{name}}}" in operation.path
    ]
    if operation.query is not None:
        for name, field in schemas.query(operation.query).items():
            schema = dict(cast(Json, field))
            description = schema.pop("description", "")
            parameters.append(
                {
                    "name": name,
                    "in": "query",
                    "required": False,
                    "description": description,
                    "schema": schema,
                }
            )
    return [*parameters, *([IDEMPOTENCY_KEY] if operation.writes else []), REQUEST_ID]


def _success(operation: Operation) -> Json:
    content: Json = {"schema": _ref(operation.answer.__name__)}
    if shown := examples.ANSWERS.get(operation.id):
        content["example"] = shown
    names = ["X-Request-Id", *(["Cache-Control"] if operation.security == "bearer" else [])]
    names += ["Idempotent-Replayed"] if operation.writes else []
    names += ["Location"] if operation.status == 201 else []  # noqa: PLR2004  (created)
    links = {
        id_: {"operationId": id_, "parameters": {parameter: "$response.body#/id"}}
        for parameter, ids in operation.links.items()
        for id_ in ids
    }
    return {
        "description": operation.answer.__doc__ or "",
        **({"links": links} if links else {}),
        "headers": header_references(names),
        "content": {operation.media_type: content},
    }


def _unready(operation: Operation) -> Json:
    """The answers that are no problem although their status is."""
    if operation.id not in {"getReadiness", "getActuatorHealth"}:
        return {}
    return {"503": {**_success(operation), "description": "Not yet, or no more."}}


def _ref(name: str) -> Json:
    return {"$ref": schemas.REF.format(model=name)}
