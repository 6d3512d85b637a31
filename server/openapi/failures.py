"""Error responses of operations, built from the same table of problems that the routes use."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from paycli import errors
from paycli.permissions import ApiScope
from paycli.webhooks.signature import Cause, SignatureInvalid
from server.openapi import schemas
from server.openapi.headers import header_references
from server.openapi.http_models import ProblemDetails
from server.openapi.operations import OPERATIONS, Operation
from server.openapi.operations.operation import Json
from server.problems import (
    HTTP_CODES,
    PROBLEM_JSON,
    PROBLEM_TYPES,
    STRIPE_CODE_ERRORS,
    members,
    problem_members,
)


@dataclass(frozen=True, slots=True)
class _Failure:
    """One failure of an operation; `has_own_code` is false if the code can be Stripe's."""

    status: HTTPStatus
    code: str
    meaning: str
    example: Json
    has_own_code: bool = True
    has_retry_after: bool = False


def error_responses(operation: Operation) -> Json:
    """Returns the response of each status that the operation can fail with, by the status."""
    by_status: dict[int, list[_Failure]] = {}
    for failure in _failures(operation):
        by_status.setdefault(int(failure.status), []).append(failure)
    return {str(status): _response(status, by_status[status]) for status in sorted(by_status)}


def error_examples() -> Json:
    """Returns an example of each problem that an operation can fail with, by the code."""
    by_code = {
        failure.code: failure for operation in OPERATIONS for failure in _failures(operation)
    }
    return {code: {"value": by_code[code].example} for code in sorted(by_code)}


def _failures(operation: Operation) -> Iterator[_Failure]:
    for failure in operation.failures:
        if isinstance(failure, HTTPStatus):
            meaning = failure.description or failure.phrase
            code = HTTP_CODES[failure]
            yield _Failure(failure, code, meaning, problem_members(failure, code, meaning, {}))
            continue
        meaning = (failure.__doc__ or "").partition("\n")[0].rstrip(".")
        problem_type = PROBLEM_TYPES[failure]
        more = members(_instance(failure, meaning))
        yield _Failure(
            problem_type.status,
            failure.code,
            meaning,
            problem_members(problem_type.status, failure.code, meaning, more),
            has_own_code=failure not in STRIPE_CODE_ERRORS,
            has_retry_after=problem_type.retry_after_seconds is not None,
        )


def _instance(error: type[errors.PaycliError], detail: str) -> errors.PaycliError:
    if error is errors.FieldsInvalid:
        return errors.FieldsInvalid([errors.Problem("#/amount", "must be above 0")])
    if error is SignatureInvalid:
        return SignatureInvalid(Cause.MISMATCH, detail)
    if error is errors.ScopeMissing:
        return errors.ScopeMissing(detail, ApiScope.PAYMENTS_WRITE)
    return error(detail)


def _response(status: int, failures: list[_Failure]) -> Json:
    headers = ["X-Request-Id"]
    if any(failure.has_retry_after for failure in failures):
        headers.append("Retry-After")
    if status == HTTPStatus.UNAUTHORIZED:
        headers.append("WWW-Authenticate")
    properties: Json = {"status": {"const": status}}
    if all(failure.has_own_code for failure in failures):
        properties["code"] = {"enum": sorted({failure.code for failure in failures})}
    return {
        "description": "; ".join(f"`{failure.code}`: {failure.meaning}" for failure in failures),
        "headers": header_references(headers),
        "content": {
            PROBLEM_JSON: {
                "schema": {
                    "allOf": [schemas.reference(ProblemDetails), {"properties": properties}]
                },
                "examples": {
                    failure.code: {"$ref": f"#/components/examples/{failure.code}"}
                    for failure in failures
                },
            }
        },
    }
