"""Builds the OpenAPI document from the table of operations."""

import inspect
import json
from functools import cache
from http import HTTPStatus

from paycli import __version__
from server.openapi import schemas
from server.openapi.failures import error_examples, error_responses
from server.openapi.headers import RESPONSE_HEADERS, header_references
from server.openapi.operations import OPERATIONS, Operation
from server.openapi.operations.operation import Json
from server.openapi.parameters import parameters

_JSON = "application/json"
_SECURITY_SCHEMES: Json = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of PAYCLI_API_TOKENS. PAYCLI_API_SCOPES can limit its caller to "
        "the scopes that operations name, and PAYCLI_API_ACCOUNTS to connected accounts.",
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
    """Returns the document as it is served and printed: JSON in UTF-8."""
    return (json.dumps(document(), indent=2, ensure_ascii=False) + "\n").encode()


def document() -> Json:
    """Returns the OpenAPI 3.1 document of the HTTP interface."""
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation_object(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "paycli",
            "version": __version__,
            "summary": "Payments between your services and Stripe.",
            "description": "Amounts are integers in Stripe's minor unit of the currency: 2000 is "
            "20.00 EUR, and 500 is 500 JPY. ISK and UGX amounts are in hundredths and end in 00; "
            "BHD, JOD, KWD, OMR and TND amounts are in thousandths and end in 0. Errors are "
            "problem details (RFC 9457) with a stable code. Every path that has GET also has HEAD: "
            "the same response without its body.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/", "description": "The daemon that serves this document."}],
        "paths": paths,
        "components": {
            "securitySchemes": _SECURITY_SCHEMES,
            "schemas": schemas.components(),
            "headers": RESPONSE_HEADERS,
            "examples": error_examples(),
        },
    }


def _operation_object(operation: Operation) -> Json:
    result: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": _security(operation),
        "parameters": parameters(operation),
        "responses": {str(int(operation.status)): _success(operation)}
        | _unavailable(operation)
        | error_responses(operation),
    }
    if operation.description:
        result["description"] = operation.description
    if operation.body is not None:
        content: Json = {"schema": schemas.reference(operation.body)}
        if operation.request_examples:
            content["examples"] = {
                name: {"value": value} for name, value in operation.request_examples.items()
            }
        result["requestBody"] = {"required": operation.body_required, "content": {_JSON: content}}
    return result


def _security(operation: Operation) -> list[Json]:
    """Returns the scheme with the scope as a role: https://spec.openapis.org/oas/v3.1.1."""
    if operation.scope is not None:
        return [{"bearer": [operation.scope]}]
    return [{"signature": []}] if operation.signed else []


def _success(operation: Operation) -> Json:
    content: Json = {}
    if operation.response is not None:
        content["schema"] = schemas.reference(operation.response)
    if operation.response_example is not None:
        content["example"] = operation.response_example
    headers = ["X-Request-Id", *(["Cache-Control"] if operation.scope else [])]
    headers += ["Idempotent-Replayed"] if operation.requires_idempotency_key else []
    headers += ["Location"] if operation.status == HTTPStatus.CREATED and operation.links else []
    links = {
        operation_id: {"operationId": operation_id, "parameters": {name: "$response.body#/id"}}
        for name, operation_ids in operation.links.items()
        for operation_id in operation_ids
    }
    return {
        "description": operation.status.phrase
        if operation.response is None
        else inspect.cleandoc(operation.response.__doc__ or ""),
        **({"links": links} if links else {}),
        "headers": header_references(headers),
        **({"content": {operation.media_type: content}} if content else {}),
    }


def _unavailable(operation: Operation) -> Json:
    """Returns the 503 that has the successful response's body instead of problem details."""
    if operation.unavailable is None:
        return {}
    return {"503": {**_success(operation), "description": operation.unavailable}}
