"""The operations, a section for each group."""

from collections.abc import Iterator
from http import HTTPStatus

from server.reference.curl import curl_command
from server.reference.elements import Html, code, element, join, link
from server.reference.fields import Fields
from server.reference.prose import paragraphs
from server.reference.samples import Json, json_sample, text_sample
from server.reference.section import Section, entry

_JSON = "application/json"
_PROBLEM_JSON = "application/problem+json"
_PLACES = {"path": "Path parameters", "query": "Query parameters", "header": "Header fields"}


def sections(openapi: Json, fields: Fields) -> Iterator[Section]:
    """Yields a section for each tag of the OpenAPI document."""
    groups: dict[str, list[tuple[str, str, Json]]] = {}
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append((method, path, operation))
    for tag, operations in groups.items():
        yield Section(
            f"group-{tag.replace(' ', '-')}",
            tag.capitalize(),
            join([_routes(operations), *(_operation(*each, fields) for each in operations)]),
            [(operation["operationId"], operation["summary"]) for _, _, operation in operations],
        )


def scope_link(operation: Json) -> Html:
    """Returns what a request is authenticated with, and the scope that it needs."""
    for requirement in operation["security"]:
        if "signature" in requirement:
            return join(["Authenticated by ", link("authentication", code("Stripe-Signature"))])
        [scope] = requirement["bearer"]
        return join(["Scope ", link("scopes", code(scope))])
    return join(["No token"])


def _routes(operations: list[tuple[str, str, Json]]) -> Html:
    rows = (
        element("li", _route(method, path), link(operation["operationId"], operation["summary"]))
        for method, path, operation in operations
    )
    return element("ul", *rows, class_="routes")


def _route(method: str, path: str) -> Html:
    return element(
        "span",
        element("span", method.upper(), class_=f"method {method}"),
        " ",
        # A line may break before a slash.
        element("code", join(path.split("/"), Html("<wbr>/"))),
        class_="route",
    )


def _operation(method: str, path: str, operation: Json, fields: Fields) -> Html:
    text = [
        element("p", _route(method, path), class_="address"),
        paragraphs(operation.get("description", "")),
        element("p", scope_link(operation), class_="scope"),
        *_parameters(operation["parameters"], fields),
        *_body(operation.get("requestBody"), fields),
        *_success(operation["responses"], fields),
        *_failures(operation["responses"]),
    ]
    samples = [
        text_sample("Request", curl_command(method, path, operation)),
        *_body_samples(operation.get("requestBody")),
        *_response_samples(operation["responses"]),
    ]
    return entry(operation["operationId"], operation["summary"], join(text), join(samples))


def _parameters(parameters: Json, fields: Fields) -> Iterator[Html]:
    for place, title in _PLACES.items():
        entries = [
            fields.entry(
                each["name"],
                {
                    **each["schema"],
                    "description": each["description"],
                    **({"examples": [each["example"]]} if "example" in each else {}),
                },
                mark="required" if each["required"] else "",
            )
            for each in parameters
            if each["in"] == place
        ]
        if entries:
            yield element("h4", title)
            yield element("dl", *entries, class_="fields")


def _body(body: Json | None, fields: Fields) -> Iterator[Html]:
    if body is None:
        return
    reference = body["content"][_JSON]["schema"]["$ref"]
    schema = fields.schemas[reference.rpartition("/")[2]]
    yield element("h4", "Body" if body["required"] else "Body, optional")
    yield paragraphs(schema.get("description", ""))
    if "anyOf" in schema:
        choices = (join(map(code, each["required"]), " and ") for each in schema["anyOf"])
        yield element("p", "Requires ", join(choices, " or "), ".")
    if schema.get("minProperties"):
        yield element("p", "Requires at least one field.")
    yield fields.of_object(schema, is_request=True)


def _success(responses: Json, fields: Fields) -> Iterator[Html]:
    yield element("h4", "Response")
    for status, response in responses.items():
        media_types: dict[str, Json] = response.get("content", {})
        if _PROBLEM_JSON in media_types:
            continue
        parts = [element("strong", status, class_="status")]
        for media_type, content in media_types.items():
            parts.append(fields.name(content["schema"]["$ref"]))
            parts += [code(media_type)] if media_type != _JSON else []
        yield element("p", join(parts, " "))
        yield paragraphs(response["description"])
        names = join((link(f"header-{name}", code(name)) for name in response["headers"]), ", ")
        yield element("p", "Header fields: ", names, class_="limits")


def _failures(responses: Json) -> Iterator[Html]:
    rows = []
    for status, response in responses.items():
        codes = response.get("content", {}).get(_PROBLEM_JSON, {}).get("examples", {})
        if codes:
            rows.append(
                element(
                    "div",
                    element("dt", status, class_="status", title=HTTPStatus(int(status)).phrase),
                    element("dd", join((link(f"error-{it}", code(it)) for it in codes), " ")),
                )
            )
    yield element("h4", "Errors")
    yield element("dl", *rows, class_="codes")


def _body_samples(body: Json | None) -> Iterator[Html]:
    examples = {} if body is None else body["content"][_JSON].get("examples", {})
    for name, example in [*examples.items()][1:]:
        yield json_sample(f"Body: {name.replace('_', ' ')}", example["value"])


def _response_samples(responses: Json) -> Iterator[Html]:
    for status, response in responses.items():
        for each in response.get("content", {}).values():
            if "example" in each and status.startswith("2"):
                example = each["example"]
                caption = f"Response: {status} {HTTPStatus(int(status)).phrase}"
                if isinstance(example, str):
                    yield text_sample(caption, example)
                else:
                    yield json_sample(caption, example)
