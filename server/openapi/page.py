"""The document as a page for people: one file, nothing loaded from elsewhere."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any

from server.openapi.document import document

# A schema's shape depends on what it describes.
Json = Any

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
    """The HTML of the reference: every operation with its parameters, fields, examples, errors."""
    told: Json = document()
    operations = [
        (method, path, operation)
        for path, item in told["paths"].items()
        for method, operation in item.items()
    ]
    return "\n".join(_lines(told, operations)) + "\n"


def _lines(told: Json, operations: list[tuple[str, str, Json]]) -> Iterator[str]:
    title = f"{told['info']['title']} {told['info']['version']}"
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>"
    yield f"<h1>{escape(title)}</h1>\n<p>{escape(told['info']['summary'])}</p>"
    yield f"<p>{_text(told['info']['description'])}</p>\n<nav>\n<ul>"
    for _, _, operation in operations:
        yield f'<li><a href="#{operation["operationId"]}">{escape(operation["summary"])}</a></li>'
    yield "</ul>\n</nav>\n<main>"
    for method, path, operation in operations:
        yield from _operation(told, method, path, operation)
    yield "</main>\n</body>\n</html>"


def _operation(told: Json, method: str, path: str, operation: Json) -> Iterator[str]:
    yield f'<h2 id="{operation["operationId"]}">{escape(operation["summary"])}</h2>'
    yield f'<p><span class="method">{method}</span> <code>{escape(path)}</code></p>'
    yield f"<p>{_text(operation.get('description', ''))}</p>"
    schemes = [scheme for needed in operation["security"] for scheme in needed]
    for scheme in schemes:
        needed = told["components"]["securitySchemes"][scheme]
        yield f"<p>Authentication: <code>{scheme}</code>. {_text(needed['description'])}</p>"
    yield "<h3>Parameters</h3>"
    yield from _table(
        ("Name", "In", "Meaning"),
        (
            (f"<code>{escape(p['name'])}</code>", p["in"], _required(p) + _text(p["description"]))
            for p in operation["parameters"]
        ),
    )
    if body := operation.get("requestBody"):
        content = body["content"]["application/json"]
        yield f"<h3>Body{'' if body['required'] else ' (optional)'}</h3>"
        yield from _fields(told, content["schema"])
        for name, example in content.get("examples", {}).items():
            yield f"<p>Example: {escape(name)}</p>{_json(example['value'])}"
    yield "<h3>Answer</h3>"
    success = next(status for status in operation["responses"] if status.startswith("2"))
    [(media_type, content)] = operation["responses"][success]["content"].items()
    yield f"<p><code>{success}</code> {media_type}</p>"
    yield from _fields(told, content["schema"])
    if "example" in content:
        yield _json(content["example"])
    yield "<h3>Errors</h3>"
    failures = {s: r for s, r in operation["responses"].items() if not s.startswith("2")}
    rows = ((f"<code>{status}</code>", _text(r["description"])) for status, r in failures.items())
    yield from _table(("Status", "Code and meaning"), rows)


def _fields(told: Json, schema: Json) -> Iterator[str]:
    """A table of an object's fields; objects in it have tables of their own behind it."""
    found = told["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = found.get("required", [])
    inner: dict[str, tuple[str, Json]] = {}
    rows = []
    for name, field in found.get("properties", {}).items():
        kind, reference = _kind(field)
        inner |= {reference["$ref"]: (name, reference)} if reference else {}
        must = _required({"required": name in required})
        rows.append(
            (f"<code>{escape(name)}</code>", kind, must + _text(field.get("description", "")))
        )
    yield from _table(("Field", "Type", "Meaning"), iter(rows))
    for name, reference in inner.values():
        yield f"<p>Fields of <code>{escape(name)}</code>:</p>"
        yield from _fields(told, reference)


def _kind(field: Json) -> tuple[str, Json | None]:
    """A field's type in words, and the object in it if there is one."""
    choices = field.get("anyOf", [field])
    words, reference = [], None
    for choice in choices:
        items = choice.get("items", choice)
        reference = items if "$ref" in items else reference
        words.append("object" if "$ref" in choice else str(choice.get("type", "any")))
        if "enum" in choice:
            words[-1] = ", ".join(f"<code>{escape(str(value))}</code>" for value in choice["enum"])
    return " or ".join(words), reference


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield '<div class="table"><table>'
    yield f"<tr>{''.join(f'<th>{cell}</th>' for cell in head)}</tr>"
    for row in rows:
        yield f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>"
    yield "</table></div>"


def _required(told: Json) -> str:
    return "required. " if told["required"] else ""


def _text(words: str) -> str:
    """Words with `code` marked as such."""
    parts = escape(words).split("`")
    return "".join(f"<code>{p}</code>" if n % 2 else p for n, p in enumerate(parts))


def _json(value: Json) -> str:
    return f"<pre><code>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</code></pre>"
