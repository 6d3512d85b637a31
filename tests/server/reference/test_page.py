"""The reference page has everything that the OpenAPI and the AsyncAPI document have."""

import copy
import json
import re
import shlex
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.reference_page import Part, ReferencePage
from paycli.events import asyncapi
from server.openapi import document
from server.reference import page as module
from server.reference.page import page
from server.reference.prose import paragraphs

Json = Any
OPENAPI: Json = document()
EVENTS: Json = asyncapi.document("payments.events", "payments.events.unreadable")
HOSTILE = "\"'>`x`</code><script>x</script>"
OTHER_MARKDOWN = re.compile(r"\*\*|\]\(|^\s*(#|-|\*|\d\.|>) |<\w+>|\|.*\||```", re.MULTILINE)
RENDERED = {
    *("$ref", "anyOf", "type", "format", "items", "properties", "required", "additionalProperties"),
    *("description", "default", "examples", "enum", "const", "pattern", "not", "propertyNames"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
    *("minimum", "maximum", "exclusiveMinimum", "dependentRequired"),
}


def operations(openapi: Json) -> Iterator[tuple[str, str, Json]]:
    """Yields the method, path and object of each operation."""
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def plain(text: str) -> str:
    """Returns a description as a reader sees it."""
    return " ".join(text.replace("`", "").split())


def missing(html: str, openapi: Json, events: Json) -> list[str]:
    """Returns what the documents have and the page does not."""
    parsed = ReferencePage(html)
    found = [
        *(it for each in operations(openapi) for it in _of_operation(parsed, openapi, *each)),
        *_of_objects(parsed, openapi),
        *(
            it
            for name in events["components"]["messages"]
            for it in _of_event(parsed, events, name)
        ),
    ]
    texts = [*descriptions(openapi), *descriptions(events)]
    assert len(texts) > 1000
    return found + [text for text in texts if plain(text) not in parsed.whole.words]


def _of_operation(
    parsed: ReferencePage, openapi: Json, method: str, path: str, operation: Json
) -> Iterator[str]:
    id_ = operation["operationId"]
    article = parsed.articles.get(id_, Part())
    expected = [f"{operation['summary']} {method.upper()} {path}"]
    expected += [scope for each in operation["security"] for scope in each.get("bearer", [])]
    expected += [
        _entry(each["name"], each["schema"], is_required=each["required"])
        for each in operation["parameters"]
    ]
    if "requestBody" in operation:
        [content] = operation["requestBody"]["content"].values()
        expected += _fields(openapi, content["schema"])
    yield from (f"{id_}: {it}" for it in expected if it not in article.words)
    for status, response in operation["responses"].items():
        yield from [f"{id_}: {status}"] if status not in article.words else []
        for content in response.get("content", {}).values():
            codes = [f"#error-{code}" for code in content.get("examples", {})]
            yield from (f"{id_}: {code}" for code in codes if code not in article.links)
    yield from (f"{id_}: {it}" for it in _samples(operation) if it not in article.samples)


def _samples(operation: Json) -> Iterator[str]:
    """Yields the examples that are beside an operation; the first request is in its curl."""
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    requests = [it["value"] for each in bodies for it in each.get("examples", {}).values()]
    responses = [
        content["example"]
        for response in operation["responses"].values()
        for content in response.get("content", {}).values()
        if "example" in content
    ]
    for value in [*requests[1:], *responses]:
        yield value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _fields(openapi: Json, schema: Json) -> Iterator[str]:
    """Yields the name, type and mark of each field of a request, and of those in it."""
    schema = openapi["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, each in schema.get("properties", {}).items():
        yield _entry(name, each, is_required=name in schema.get("required", []))
        for choice in each.get("anyOf", [each]):
            inner = choice.get("items", choice)
            if "properties" in openapi["components"]["schemas"].get(
                inner.get("$ref", "").rpartition("/")[2], {}
            ):
                yield from _fields(openapi, inner)


def _entry(name: str, schema: Json, *, is_required: bool) -> str:
    """Returns the beginning of a field's entry: its name and, if it is a simple one, its type."""
    type_ = schema.get("type")
    if type_ not in ("integer", "boolean", "string") or "format" in schema:
        return f" {name} "
    return f" {name} {type_} {'required ' if is_required else ''}"


def _of_objects(parsed: ReferencePage, openapi: Json) -> Iterator[str]:
    names = {fragment.removeprefix("#object-") for fragment in parsed.whole.links}
    for name, schema in openapi["components"]["schemas"].items():
        if name in names:
            words = parsed.articles.get(f"object-{name}", Part()).words
            yield from (f"{name}.{it}" for it in schema["properties"] if f" {it} " not in words)
    for code, example in openapi["components"]["examples"].items():
        article = parsed.articles.get(f"error-{code}", Part())
        if str(example["value"]["status"]) not in article.words:
            yield f"{code}: status"
        if example["value"] not in [json.loads(sample) for sample in article.samples]:
            yield f"{code}: example"


def _of_event(parsed: ReferencePage, events: Json, name: str) -> Iterator[str]:
    message = events["components"]["messages"][name]
    article = parsed.articles.get(f"event-{name}", Part(samples=["", "null"]))
    [channel] = [each for each in events["channels"].values() if name in each["messages"]]
    own = message["headers"]["allOf"][1]["properties"]
    schema = events["components"]["schemas"][name]
    [example] = message["examples"]
    expected = [
        name,
        f"Topic {channel['address']} ",
        message["bindings"]["kafka"]["key"]["description"],
        own["ce_type"]["const"],
        *own["stripe_event_type"]["enum"],
        *(f" {each} " for each in schema["properties"]),
    ]
    yield from (f"{name}: {it}" for it in expected if it not in article.words)
    head, value = article.samples
    lines = {f"key: {example['headers']['ce_subject']}"}
    lines |= {f"{header}: {text}" for header, text in example["headers"].items()}
    yield from (f"{name}: {line}" for line in lines - set(head.splitlines()))
    if json.loads(value) != example["payload"]:
        yield f"{name}: value"


def descriptions(node: object) -> Iterator[str]:
    """Yields every description and summary, except those of errors of one operation."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("description", "summary") and isinstance(value, str):
                yield value if not value.startswith("`") or "`: " not in value else ""
            elif key not in ("servers", "operations", "example", "examples"):
                yield from descriptions(value)
    elif isinstance(node, list):
        for value in node:
            yield from descriptions(value)


def keywords(node: object) -> Iterator[str]:
    """Yields the keywords of a schema and of those in it."""
    if not isinstance(node, dict):
        return
    yield from node
    for key, value in node.items():
        if key in ("properties", "dependentRequired"):
            for each in value.values():
                yield from keywords(each)
        elif key == "anyOf":
            for each in value:
                yield from keywords(each)
        elif key in ("items", "additionalProperties", "propertyNames", "not"):
            yield from keywords(value)


PAGE = page(OPENAPI, EVENTS)
PARSED = ReferencePage(PAGE)


def test_the_page_is_complete() -> None:
    """It has each operation, parameter, field, code, event, description and example."""
    assert missing(PAGE, OPENAPI, EVENTS) == []


def test_what_is_missing_is_found() -> None:
    """A page of documents that lack a field, a code, an operation and an event is not complete."""
    openapi, events = copy.deepcopy(OPENAPI), copy.deepcopy(EVENTS)
    del openapi["components"]["schemas"]["Hold"]["properties"]["extended"]
    del openapi["components"]["examples"]["busy"]
    del openapi["paths"]["/api/v1/balance"]
    openapi["paths"]["/api/v1/payments"]["get"]["parameters"].pop(0)
    events["components"]["schemas"]["PayoutPaidEvent"]["properties"].pop("arrival_date")
    found = missing(page(openapi, events), OPENAPI, EVENTS)
    for part in (
        "createPayment:  extended boolean ",
        "busy: example",
        "getBalance: payouts:read",
        "listPayments:  account string",
        "PayoutPaidEvent:  arrival_date ",
    ):
        assert any(each.startswith(part) for each in found), (part, found)


def test_every_keyword_of_a_schema_is_rendered() -> None:
    """No schema has a keyword that the page would drop."""
    parameters = [it["schema"] for *_, each in operations(OPENAPI) for it in each["parameters"]]
    schemas = [*OPENAPI["components"]["schemas"].values(), *parameters]
    schemas += EVENTS["components"]["schemas"].values()
    assert {it for each in schemas for it in keywords(each)} - RENDERED <= {"title"}


@pytest.mark.parametrize(
    ("id_", "field"),
    [
        ("createPayment", "amount integer The amount to collect"),
        ("createPayment", "reference string or null Your own identifier"),
        ("createPayment", "1 to 200 characters · example booking-42"),
        ("createPayment", "1 to 100 items"),
        ("createPayment", "line_items array of object or null The line items"),
        ("createPayment", "one of automatic, manual · default automatic"),
        ("createPayment", "requires customer · 1 to 255 characters"),
        ("createPayment", "Requires amount or line_items."),
        ("createPayment", "at most 49 keys · each key matches ^[^\\[\\]]{1,40}$ · each key not"),
        ("createPayment", "each value at most 500 characters"),
        ("createPayment", "above 0 · example 2000"),
        ("createPayment", "expires_at string (RFC 3339 time) or null"),
        ("listPayments", "limit integer The maximum number of objects on the page. 1 to 100 · "),
        ("listPayments", "Response 200 PaymentPage"),
        ("getMetrics", "Response 200 string text/plain"),
        ("deleteCustomer", "Response 204 No Content"),
        ("getReadiness", "503 ReadinessResponse"),
        ("object-PaymentPage", "data array of Payment"),
        ("object-ProblemDetails", "retryable boolean optional Whether"),
        ("event-PaymentSucceededEvent", "amount_received integer or null The amount received."),
    ],
)
def test_fields_have_their_type_and_limits(id_: str, field: str) -> None:
    """Types, limits, defaults and examples are written in words."""
    assert field in PARSED.articles[id_].words


def test_requests_are_command_lines_that_send_the_example() -> None:
    """A shell reads each request as curl with the path, its ids, the key and the first example."""
    for method, path, operation in operations(OPENAPI):
        command = shlex.split(PARSED.articles[operation["operationId"]].samples[0])
        assert command[0] == "curl"
        [url] = [each for each in command if each.startswith("http://127.0.0.1:8080")]
        pattern = re.sub(r"\\{\w+\\}", "[A-Za-z0-9_]+", re.escape(path))
        assert re.fullmatch(f"http://127.0.0.1:8080{pattern}", url)
        implied = "POST" if "-d" in command else "GET"
        sent = command[command.index("-X") + 1] if "-X" in command else implied
        assert sent == method.upper() or "--data-binary" in command
        keys = [it for it in operation["parameters"] if it["name"] == "Idempotency-Key"]
        assert [f"Idempotency-Key: {it['example']}" for it in keys] == [
            each for each in command if each.startswith("Idempotency-Key")
        ]
        if "-d" in command:
            [content] = operation["requestBody"]["content"].values()
            examples = [each["value"] for each in content["examples"].values()]
            assert json.loads(command[command.index("-d") + 1]) == examples[0]


def test_links_lead_to_an_element_of_the_page_or_to_stripe() -> None:
    """Each anchor exists once; everything else is a link to Stripe's documentation."""
    ids = PARSED.values("id")
    assert len(ids) == len(set(ids))
    icon, *links = PARSED.values("href")
    assert icon.startswith("data:image/svg+xml,")
    assert {each[1:] for each in links if each.startswith("#")} <= set(ids)
    others = [each for each in links if not each.startswith("#")]
    assert others
    assert all(each.startswith("https://docs.stripe.com/") for each in others)


def test_the_page_loads_nothing_and_has_no_script() -> None:
    """Nothing in it makes a browser send a request or run code, whatever its policy."""
    assert loads(PARSED) == []
    control = '<p onclick="x"><img src="x"><style>@import url(x)</style><script>x</script></p>'
    assert len(loads(ReferencePage(control))) == 6


def loads(parsed: ReferencePage) -> list[str]:
    """Returns what loads something or runs code."""
    plain_tags = {tag for tag, _ in parsed.tags} - {"script", "img", "iframe", "object", "form"}
    found = [tag for tag, _ in parsed.tags if tag not in plain_tags]
    for _, attributes in parsed.tags:
        found += [it for it in attributes if it.startswith("on") or it in ("src", "style")]
    return found + re.findall(r"url\(|@import", parsed.style)


def test_text_of_the_documents_is_escaped() -> None:
    """Markup in a description, name or example is shown as text."""
    html = page(_hostile(OPENAPI), _hostile(EVENTS))
    parsed = ReferencePage(html)
    assert {tag for tag, _ in parsed.tags} == {tag for tag, _ in PARSED.tags}
    assert loads(parsed) == []
    assert parsed.whole.text.count("<script>x</script>") > 1000


def _hostile(node: Json) -> Json:
    """Returns a document whose texts end in markup."""
    if isinstance(node, dict):
        return {
            key: value + HOSTILE
            if key in ("description", "summary", "default", "pattern") and isinstance(value, str)
            else _hostile(value)
            for key, value in node.items()
        }
    return [_hostile(each) for each in node] if isinstance(node, list) else node


def test_descriptions_have_only_the_markdown_that_is_rendered() -> None:
    """Code, addresses and paragraphs are rendered, and no description has anything else."""
    rendered = paragraphs("Use `a<b>` & c.\n\nSee https://docs.stripe.com/x_y.")
    assert rendered == (
        "<p>Use <code>a&lt;b&gt;</code> &amp; c.</p>"
        '<p>See <a href="https://docs.stripe.com/x_y">https://docs.stripe.com/x_y</a>.</p>'
    )
    texts = [*descriptions(OPENAPI), *descriptions(EVENTS)]
    assert [it for it in texts if OTHER_MARKDOWN.search(re.sub("`[^`]+`", "", it))] == []
    assert all(text.count("`") % 2 == 0 for text in texts)
    for control in ("a **b**", "[a](b)", "- a", "# a", "a <b>", "| a | b |"):
        assert OTHER_MARKDOWN.search(control)


def test_concurrent_first_requests_build_the_page_once() -> None:
    """They wait for the same page; otherwise each would take the processor from webhooks."""
    topics = ("payments.concurrent", "payments.concurrent.unreadable")
    built = module._cached_page.cache_info().misses
    barrier = threading.Barrier(6)

    def first_request() -> bytes:
        barrier.wait()
        return module.page_bytes(*topics)

    with ThreadPoolExecutor(6) as pool:
        pages = {each.result() for each in [pool.submit(first_request) for _ in range(6)]}
    assert len(pages) == 1
    assert module._cached_page.cache_info().misses == built + 1
