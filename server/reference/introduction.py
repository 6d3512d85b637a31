"""What holds for all operations: amounts, authentication, scopes and header fields."""

from server.reference.elements import Html, code, element, join, link
from server.reference.fields import Fields
from server.reference.prose import inline, paragraphs
from server.reference.samples import Json
from server.reference.section import Section, pairs


def introduction(openapi: Json) -> Section:
    """Returns the section that precedes the operations."""
    parts = {
        "authentication": ("Authentication", _authentication(openapi)),
        "scopes": ("Scopes", _scopes(openapi)),
        "headers": ("Header fields of responses", _headers(openapi)),
    }
    return Section(
        "introduction",
        "Introduction",
        join(
            [
                paragraphs(openapi["info"]["description"]),
                *(
                    join([element("h3", link(anchor, title), id=anchor), content])
                    for anchor, (title, content) in parts.items()
                ),
            ]
        ),
        [(anchor, title) for anchor, (title, _) in parts.items()],
    )


def _authentication(openapi: Json) -> Html:
    return join(
        element(
            "p",
            code("Authorization: Bearer" if scheme["type"] == "http" else scheme["name"]),
            ": ",
            inline(scheme["description"]),
        )
        for scheme in openapi["components"]["securitySchemes"].values()
    )


def _scopes(openapi: Json) -> Html:
    operations: dict[str, list[Html]] = {}
    for methods in openapi["paths"].values():
        for operation in methods.values():
            for requirement in operation["security"]:
                for scope in requirement.get("bearer", []):
                    name = link(operation["operationId"], operation["summary"])
                    operations.setdefault(scope, []).append(name)
    return pairs((code(scope), join(names, ", ")) for scope, names in sorted(operations.items()))


def _headers(openapi: Json) -> Html:
    fields = Fields(openapi["components"]["schemas"])
    return element(
        "dl",
        *(
            fields.entry(
                name,
                {**header["schema"], "description": header["description"]},
                anchor=f"header-{name}",
            )
            for name, header in openapi["components"]["headers"].items()
        ),
        class_="fields",
    )
