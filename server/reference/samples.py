"""Examples as HTML: JSON, command lines, and Kafka records."""

import json
import re
from collections.abc import Mapping
from typing import Any

from server.reference.elements import Html, element, join

Json = Any
"""Part of a document, whose shape varies."""

_FIELD_NAME = re.compile(r'^ *("(?:[^"\\]|\\.)*":)', re.MULTILINE)


def json_text(value: Json) -> str:
    """Returns JSON, indented."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def json_sample(caption: str, value: Json) -> Html:
    """Returns JSON as an example."""
    return text_sample(caption, json_text(value))


def text_sample(caption: str, text: str) -> Html:
    """Returns text as an example; the names of JSON fields in it are marked."""
    return _figure(caption, _marked(text))


def record_sample(key: str, headers: Mapping[str, str], value: Json) -> Html:
    """Returns a Kafka record as examples: its key and headers, and its value."""
    lines = [join([element("b", f"{name}:"), f" {text}\n"]) for name, text in headers.items()]
    head = _figure("Key and headers", element("b", "key:"), f" {key}\n", *lines)
    return join([head, json_sample("Value", value)])


def _figure(caption: str, *content: str) -> Html:
    return element(
        "figure",
        element("figcaption", caption),
        element("pre", element("code", *content)),
    )


def _marked(text: str) -> Html:
    parts: list[str] = []
    end = 0
    for match in _FIELD_NAME.finditer(text):
        parts += [text[end : match.start(1)], element("b", match[1])]
        end = match.end()
    return join([*parts, text[end:]])
