"""How operations fail, as responses: made of the table of statuses that answers them, too."""

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus

from paycli import errors
from paycli.webhooks.signature import Cause, SignatureInvalid
from server.openapi.headers import header_references
from server.openapi.operations import OPERATIONS, Operation
from server.openapi.schemas import REF, Json
from server.problems import (
    HTTP_CODES,
    PROBLEM_JSON,
    RETRY_AFTER_SECONDS,
    STATUS,
    members,
    problem_members,
)

_STRIPES_OWN_CODES = (errors.RequestRefused, errors.CardRefused)


@dataclass(frozen=True, slots=True)
class _Failure:
    """One failure of an operation; `own_code` is false where Stripe's code takes its place."""

    status: HTTPStatus
    code: str
    meaning: str
    example: Json
    own_code: bool = True
    retry_after: bool = False


def error_responses(operation: Operation) -> Json:
    """Each status that the operation can fail with, and all codes that come with it."""
    by_status: dict[int, list[_Failure]] = {}
    for failure in _failures(operation):
        by_status.setdefault(int(failure.status), []).append(failure)
    return {str(status): _response(status, by_status[status]) for status in sorted(by_status)}


def error_examples() -> Json:
    """A problem for each code that an operation can fail with, by the code."""
    found = {failure.code: failure for each in OPERATIONS for failure in _failures(each)}
    return {code: {"value": found[code].example} for code in sorted(found)}


def _failures(operation: Operation) -> Iterator[_Failure]:
    for kind in operation.failures:
        if isinstance(kind, HTTPStatus):
            meaning = kind.description or kind.phrase
            code = HTTP_CODES[kind]
            yield _Failure(kind, code, meaning, problem_members(kind, code, meaning, {}))
            continue
        meaning = (kind.__doc__ or "").partition("\n")[0].rstrip(".")
        told = members(_sample(kind, meaning))
        yield _Failure(
            STATUS[kind],
            kind.code,
            meaning,
            problem_members(STATUS[kind], kind.code, meaning, told),
            own_code=kind not in _STRIPES_OWN_CODES,
            retry_after=kind in RETRY_AFTER_SECONDS,
        )


def _sample(kind: type[errors.PaycliError], meaning: str) -> errors.PaycliError:
    if kind is errors.FieldsInvalid:
        return errors.FieldsInvalid([errors.Problem("#/amount", "must be above 0")])
    if kind is SignatureInvalid:
        return SignatureInvalid(Cause.MISMATCH, meaning)
    return kind(meaning)


def _response(status: int, failures: list[_Failure]) -> Json:
    names = ["X-Request-Id"]
    if any(failure.retry_after for failure in failures):
        names.append("Retry-After")
    if status == HTTPStatus.UNAUTHORIZED:
        names.append("WWW-Authenticate")
    own: Json = {"status": {"const": status}}
    if all(failure.own_code for failure in failures):
        own["code"] = {"enum": sorted({failure.code for failure in failures})}
    return {
        "description": "; ".join(f"`{f.code}`: {f.meaning}" for f in failures),
        "headers": header_references(names),
        "content": {
            PROBLEM_JSON: {
                "schema": {"allOf": [{"$ref": REF.format(model="Problem")}, {"properties": own}]},
                "examples": {f.code: {"$ref": f"#/components/examples/{f.code}"} for f in failures},
            }
        },
    }
