"""null is not absence where absence means all of something, such as the rest of a payment."""

import json
from collections.abc import Iterator

import pytest
from pydantic import JsonValue

from paycli.errors import FieldsInvalid
from paycli.models import RefundPayment, RequestModel
from server.openapi.operations import OPERATIONS


def numbers() -> Iterator[tuple[type[RequestModel], str]]:
    """Yields each field of a request that takes an integer, with its model."""
    for model in {each.body for each in OPERATIONS if each.body is not None}:
        if issubclass(model, RequestModel):
            fields: dict[str, JsonValue] = model.model_json_schema()["properties"]
            for name, schema in fields.items():
                if '"integer"' in json.dumps(schema):
                    yield model, name


NUMBERS = sorted(numbers(), key=str)


def problems(model: type[RequestModel], body: bytes) -> set[str]:
    """Returns the pointers to what is invalid in a body."""
    try:
        model.from_json(body)
    except FieldsInvalid as error:
        return {problem.where for problem in error.problems}
    return set()


@pytest.mark.parametrize(("model", "name"), NUMBERS)
def test_null_is_no_number(model: type[RequestModel], name: str) -> None:
    """JSON has no NaN: a failed calculation is null, and must not mean the whole amount."""
    assert f"#/{name}" in problems(model, json.dumps({name: None}).encode())


def test_numbers_are_found() -> None:
    """The control: the amounts of refund, capture and create are checked, and may be absent."""
    names = {f"{model.__name__}.{name}" for model, name in NUMBERS}
    assert names >= {"RefundPayment.amount", "CapturePayment.amount", "CreatePayment.amount"}
    assert problems(RefundPayment, b"{}") == set()
    assert problems(RefundPayment, b'{"amount": 500}') == set()
