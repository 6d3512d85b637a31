"""The Kafka topics: their records and events."""

from collections.abc import Iterator

from server.reference.elements import Html, code, element, join, link
from server.reference.fields import Fields
from server.reference.prose import inline, paragraphs
from server.reference.samples import Json, record_sample
from server.reference.section import Section, entry, pairs


def events_section(asyncapi: Json) -> Section:
    """Returns the section of all events."""
    components = asyncapi["components"]
    fields = Fields(components["schemas"])
    messages = components["messages"]
    entries = [(f"event-{name}", name) for name in messages]
    return Section(
        "events",
        asyncapi["info"]["title"],
        join(
            [
                paragraphs(asyncapi["info"]["description"]),
                *_topics(asyncapi["channels"]),
                *_headers(components["schemas"]["RecordHeaders"], fields),
                *(_event(name, topic, message, fields) for name, topic, message in _all(asyncapi)),
            ]
        ),
        entries,
    )


def _all(asyncapi: Json) -> Iterator[tuple[str, str, Json]]:
    """Yields each event's name, topic and message."""
    for channel in asyncapi["channels"].values():
        for name in channel["messages"]:
            yield name, channel["address"], asyncapi["components"]["messages"][name]


def _topics(channels: Json) -> Iterator[Html]:
    yield element("h3", "Topics")
    yield pairs((code(it["address"]), inline(it["description"])) for it in channels.values())


def _headers(schema: Json, fields: Fields) -> Iterator[Html]:
    yield element("h3", link("record-headers", "Headers"), id="record-headers")
    yield paragraphs(schema["description"])
    yield fields.of_object(schema, is_request=False)


def _event(name: str, topic: str, message: Json, fields: Fields) -> Html:
    [_, own_headers] = message["headers"]["allOf"]
    [example] = message["examples"]
    payload = fields.schemas[message["payload"]["$ref"].rpartition("/")[2]]
    stripe_types = own_headers["properties"]["stripe_event_type"]["enum"]
    key = example["headers"]["ce_subject"]
    facts = {
        "Stripe event": join(map(code, stripe_types), ", "),
        "Topic": code(topic),
        "Key": inline(message["bindings"]["kafka"]["key"]["description"]),
        "Header fields": join(
            (
                join([code(header), " ", code(schema["const"])])
                for header, schema in own_headers["properties"].items()
                if "const" in schema
            ),
            ", ",
        ),
    }
    text = [
        paragraphs(message["description"]),
        pairs(facts.items(), "facts"),
        element("h4", "Fields"),
        fields.of_object(payload, is_request=False),
    ]
    samples = record_sample(key, example["headers"], example["payload"])
    return entry(f"event-{name}", name, join(text), samples)
