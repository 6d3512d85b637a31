"""The AsyncAPI document of the topics: their events, fields and headers.

https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

import inspect

from pydantic import JsonValue

from paycli import __version__
from paycli.events import catalogue
from paycli.events.cloudevents import OPTIONAL_HEADERS, REQUIRED_HEADERS, ce_type
from paycli.events.json_schema import Schema, event_schema
from paycli.events.types import BaseEvent, EventData, StripeEventUnreadable

_KAFKA_BINDING = "0.5.0"
_KEY = "The id of the PaymentIntent, or of the object itself if it has none."
_UNREADABLE_KEY = "The id of the Stripe event."

_EXAMPLE_HEADERS = {
    "ce_specversion": "1.0",
    "ce_id": "evt_1NG8Du2eZvKYlo2CUI79vXWy",
    "ce_source": "/stripe/self/test",
    "ce_time": "2026-01-31T12:00:00Z",
    "content-type": "application/json",
    "stripe_api_version": "2026-10-28.endive",
    "livemode": "false",
    "origin": "webhook",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}

_DESCRIPTION = """\
Events about payments at Stripe. Records are CloudEvents 1.0 in binary mode: the value is the event
data, attributes are in headers.

A connected account can use any `reference`: before you fulfil anything, compare `account`, `amount`
and `currency` with what you requested under it.

Drop duplicates by `ce_id`. Records are not ordered: `PaymentSucceededEvent` may arrive before
`PaymentCreatedEvent`. The statuses `succeeded` and `canceled` are final. Events, fields, headers
and header values may be added without notice: ignore the ones you don't know. Within a version of
an event, no field is removed and no type is changed."""


def event_types() -> list[type[BaseEvent]]:
    """Returns the classes of all events on the two topics."""
    return [*catalogue.stripe_types_by_event(), StripeEventUnreadable]


def overview() -> list[dict[str, str]]:
    """Returns each event with its Stripe event types and its specific fields."""
    common = EventData.full_example()
    return [
        {
            "event": kind.__name__,
            "stripe": ", ".join(stripe_types),
            "fields": ", ".join(name for name in kind.full_example() if name not in common),
        }
        for kind, stripe_types in catalogue.stripe_types_by_event().items()
    ]


def document(topic: str, unreadable_topic: str) -> dict[str, JsonValue]:
    """Returns the AsyncAPI 3.0 document of the two topics."""
    events, unreadable = catalogue.stripe_types_by_event(), StripeEventUnreadable
    messages: dict[str, JsonValue] = {
        kind.__name__: _message(kind, stripe_types, _KEY) for kind, stripe_types in events.items()
    }
    messages[unreadable.__name__] = _message(unreadable, list(catalogue.CATALOGUE), _UNREADABLE_KEY)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Payment events", "version": __version__, "description": _DESCRIPTION},
        "defaultContentType": "application/json",
        "channels": {
            "events": _channel(topic, "Events about payments.", list(events)),
            "unreadable": _channel(
                unreadable_topic,
                "Verified Stripe events that could not be translated. Consumers of the events "
                "topic did not receive them. Do not process payments from this topic.",
                [unreadable],
            ),
        },
        "operations": {
            "publishEvent": _operation("events", "Publishes an event."),
            "publishUnreadable": _operation(
                "unreadable", "Sets aside an event that can't be read."
            ),
        },
        "components": {
            "messages": messages,
            "schemas": {
                "RecordHeaders": _headers(),
                **{kind.__name__: event_schema(kind) for kind in event_types()},
            },
        },
    }


def _channel(address: str, description: str, kinds: list[type[BaseEvent]]) -> JsonValue:
    messages: dict[str, JsonValue] = {
        kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"} for kind in kinds
    }
    return {
        "address": address,
        "description": description,
        "messages": messages,
        "bindings": {"kafka": {"topic": address, "bindingVersion": _KAFKA_BINDING}},
    }


def _operation(channel: str, summary: str) -> JsonValue:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
    }


def _message(kind: type[BaseEvent], stripe_types: list[str], key: str) -> JsonValue:
    name, type_ = kind.__name__, ce_type(kind.__name__, kind.version)
    description = inspect.cleandoc(kind.__doc__ or "")
    own: dict[str, JsonValue] = {
        "ce_type": {"const": type_},
        "__TypeId__": {"const": name},
        "stripe_event_type": {"enum": [*stripe_types]},
    }
    headers: dict[str, JsonValue] = {
        **_EXAMPLE_HEADERS,
        "ce_type": type_,
        "ce_subject": kind.example_key(),
        "__TypeId__": name,
        "stripe_event_type": stripe_types[0],
    }
    return {
        "name": name,
        "title": name,
        "summary": description.partition("\n")[0],
        "description": description,
        "contentType": "application/json",
        "headers": {
            "type": "object",
            "allOf": [{"$ref": "#/components/schemas/RecordHeaders"}, {"properties": own}],
        },
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": key},
                "bindingVersion": _KAFKA_BINDING,
            }
        },
        "examples": [{"headers": headers, "payload": kind.full_example()}],
    }


def _headers() -> Schema:
    properties: dict[str, JsonValue] = {
        name: {"type": "string", "description": meaning}
        for name, meaning in {**REQUIRED_HEADERS, **OPTIONAL_HEADERS}.items()
    }
    return {
        "description": "The headers of every record.",
        "type": "object",
        "properties": properties,
        "required": list(REQUIRED_HEADERS),
    }
