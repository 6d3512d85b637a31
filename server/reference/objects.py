"""The objects that responses have, and the errors."""

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from server.reference.elements import Html, code, element, join, link
from server.reference.fields import Fields
from server.reference.prose import inline, paragraphs
from server.reference.samples import Json, json_sample
from server.reference.section import Section, entry

_PROBLEM = "ProblemDetails"


def names_of_objects(openapi: Json) -> frozenset[str]:
    """Returns the names of the schemas that responses have, directly or in a field."""
    schemas = openapi["components"]["schemas"]
    operations = [each for methods in openapi["paths"].values() for each in methods.values()]
    found: set[str] = set()
    pending = {_PROBLEM, *_references(operation["responses"] for operation in operations)}
    while pending:
        name = pending.pop()
        found.add(name)
        pending |= {*_references(schemas[name])} - found
    return frozenset(name for name in found if "properties" in schemas[name])


def objects_section(fields: Fields) -> Section:
    """Returns the section of all objects."""
    names = sorted(fields.sections)
    return Section(
        "objects",
        "Objects",
        join(
            entry(
                f"object-{name}",
                name,
                join(
                    [
                        paragraphs(fields.schemas[name].get("description", "")),
                        fields.of_object(fields.schemas[name], is_request=False),
                    ]
                ),
            )
            for name in names
        ),
        [(f"object-{name}", name) for name in names],
    )


def errors_section(openapi: Json) -> Section:
    """Returns the section of all errors, with an example of each."""
    problems = {
        name: example["value"] for name, example in openapi["components"]["examples"].items()
    }
    introduction = element(
        "p",
        "An error has problem details: ",
        link(f"object-{_PROBLEM}", _PROBLEM),
        " as ",
        code("application/problem+json"),
        ". For a request that Stripe refused, ",
        code("code"),
        " is Stripe's own.",
    )
    by_status = sorted(problems.items(), key=lambda item: (item[1]["status"], item[0]))
    return Section(
        "errors",
        "Errors",
        join([introduction, *(_error(name, problem) for name, problem in by_status)]),
    )


def _error(name: str, problem: Json) -> Html:
    status = HTTPStatus(problem["status"])
    text = [
        element("p", element("strong", str(int(status)), class_="status"), f" {status.phrase}"),
        element("p", inline(problem["detail"]), "."),
    ]
    return entry(f"error-{name}", code(name), join(text), json_sample("Response", problem))


def _references(part: object) -> Iterator[str]:
    """Yields the names of the schemas that a part of the document refers to."""
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str) and reference.startswith("#/components/schemas/"):
            yield reference.rpartition("/")[2]
        part = part.values()
    if isinstance(part, Iterable) and not isinstance(part, str):
        for each in part:
            yield from _references(each)
