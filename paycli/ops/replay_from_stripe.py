"""Replays events that are fetched from Stripe by id."""

from paycli.errors import EventNotMapped
from paycli.events import catalogue
from paycli.events.cloudevents import to_record
from paycli.events.stripe_event import StripeEvent
from paycli.events.topics import Topics
from paycli.models import Record


def record_for_replay(event: StripeEvent, topics: Topics, *, livemode: bool) -> Record:
    """Returns the record of an event fetched from Stripe by its id. Raises EventNotMapped."""
    translated = catalogue.translate(event)
    if translated is None:
        raise EventNotMapped(f"{event.id} is a {event.type}, which is not mapped to an event")
    return to_record(
        translated,
        event,
        topic=topics.topic_for(translated),
        origin="replay",
        livemode=livemode,
        schema_id=topics.schema_ids.get(translated.name),
    )
