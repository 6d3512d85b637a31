"""The document as one HTML file for humans, which loads nothing else."""

import json
from collections.abc import Iterable, Iterator
from html import escape
from typing import Any

from server.openapi.document import document

Json = Any
"""Part of the document, whose shape varies."""

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --name: #0a6; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem; }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; }
h2 { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1.5rem; }
code, pre { font: 0.875em/1.5 ui-monospace, monospace; }
code { background: var(--soft); border-radius: 3px; overflow-wrap: anywhere; padding: 0.1em 0.3em; }
pre { background: var(--soft); border-radius: 6px; overflow-x: auto; padding: 1rem; }
pre code { background: none; padding: 0; }
.table { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.4rem 0.6rem 0.4rem 0; text-align: left; }
td { vertical-align: top; }
td:first-child { white-space: nowrap; }
nav ul { columns: 18rem; padding-left: 1.2rem; }
.method { color: var(--name); font-weight: 600; text-transform: uppercase; }
"""


def page() -> str:
    """Returns the HTML reference: each operation's parameters, fields, examples and errors."""
    openapi: Json = document()
    operations = [
        (method, path, operation)
        for path, methods in openapi["paths"].items()
        for method, operation in methods.items()
    ]
    return "\n".join(_page(openapi, operations)) + "\n"


def _page(openapi: Json, operations: list[tuple[str, str, Json]]) -> Iterator[str]:
    title = f"{openapi['info']['title']} {openapi['info']['version']}"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{escape(title)}</h1>\n<p>{escape(openapi['info']['summary'])}</p>"
    yield f"<p>{_text(openapi['info']['description'])}</p>\n<nav>\n<ul>"
    for _, _, operation in operations:
        yield f'<li><a href="#{operation["operationId"]}">{escape(operation["summary"])}</a></li>'
    yield "</ul>\n</nav>\n<main>"
    for method, path, operation in operations:
        yield from _operation(openapi, method, path, operation)
    yield "</main>\n</body>\n</html>"


def _operation(openapi: Json, method: str, path: str, operation: Json) -> Iterator[str]:
    yield f'<h2 id="{operation["operationId"]}">{escape(operation["summary"])}</h2>'
    yield f'<p><span class="method">{method}</span> <code>{escape(path)}</code></p>'
    yield f"<p>{_text(operation.get('description', ''))}</p>"
    for scheme in (name for requirement in operation["security"] for name in requirement):
        description = openapi["components"]["securitySchemes"][scheme]["description"]
        yield f"<p>Authentication: <code>{scheme}</code>. {_text(description)}</p>"
    yield "<h3>Parameters</h3>"
    yield from _table(
        ("Name", "In", "Description"),
        (
            (
                f"<code>{escape(parameter['name'])}</code>",
                parameter["in"],
                _description(parameter["description"], required=parameter["required"]),
            )
            for parameter in operation["parameters"]
        ),
    )
    if body := operation.get("requestBody"):
        content = body["content"]["application/json"]
        yield f"<h3>Body{'' if body['required'] else ' (optional)'}</h3>"
        yield from _fields(openapi, content["schema"])
        for name, example in content.get("examples", {}).items():
            yield f"<p>Example: {escape(name)}</p>{_json(example['value'])}"
    yield "<h3>Response</h3>"
    success = next(status for status in operation["responses"] if status.startswith("2"))
    contents = operation["responses"][success].get("content", {})
    yield f"<p><code>{success}</code> {next(iter(contents), 'without a body')}</p>"
    for content in contents.values():
        yield from _fields(openapi, content["schema"])
        if "example" in content:
            yield _json(content["example"])
    yield "<h3>Errors</h3>"
    yield from _table(
        ("Status", "Code and meaning"),
        (
            (f"<code>{status}</code>", _text(response["description"]))
            for status, response in operation["responses"].items()
            if not status.startswith("2")
        ),
    )


def _fields(openapi: Json, schema: Json) -> Iterator[str]:
    """Yields a table of an object's fields, then those of the objects in it."""
    resolved = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = resolved.get("required", [])
    nested: dict[str, tuple[str, Json]] = {}
    rows = []
    for name, field in resolved.get("properties", {}).items():
        type_name, reference = _type(field)
        if reference:
            nested[reference["$ref"]] = (name, reference)
        description = _description(field.get("description", ""), required=name in required)
        rows.append((f"<code>{escape(name)}</code>", type_name, description))
    yield from _table(("Field", "Type", "Description"), rows)
    for name, reference in nested.values():
        yield f"<p>Fields of <code>{escape(name)}</code>:</p>"
        yield from _fields(openapi, reference)


def _type(field: Json) -> tuple[str, Json | None]:
    """Returns a field's type as text, and the reference to the object in it, if any."""
    names, reference = [], None
    for choice in field.get("anyOf", [field]):
        items = choice.get("items", choice)
        reference = items if "$ref" in items else reference
        names.append("object" if "$ref" in choice else str(choice.get("type", "any")))
        if "enum" in choice:
            names[-1] = ", ".join(f"<code>{escape(str(value))}</code>" for value in choice["enum"])
    return " or ".join(names), reference


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield '<div class="table"><table>'
    yield f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</table></div>"


def _description(text: str, *, required: bool) -> str:
    return ("Required. " if required else "") + _text(text)


def _text(text: str) -> str:
    """Returns text as HTML, with `code` in backticks marked as such."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if n % 2 else part for n, part in enumerate(parts))


def _json(value: Json) -> str:
    return f"<pre><code>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</code></pre>"
