"""Requests that fit an operation, built from the examples in the table of operations."""

from server.openapi.operations import Operation
from server.openapi.operations.operation import Json


def concrete_path(operation: Operation) -> str:
    """Return the operation's path with the example of each id in it."""
    ids = {name: parameter["example"] for name, parameter in operation.path_parameters.items()}
    return operation.path.format(**ids)


def example_body(operation: Operation) -> Json:
    """Return the first example of the operation's body; an empty object if it has none."""
    return next(iter(operation.request_examples.values()), {})
