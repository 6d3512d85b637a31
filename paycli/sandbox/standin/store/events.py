"""Stripe's events and the attempts to deliver them."""

from dataclasses import dataclass, field
from typing import NamedTuple

from paycli.sandbox.standin.store.objects import ObjectState


class DeliveryAttempt(NamedTuple):
    """One attempt to deliver an event: when (Unix seconds), where to, and the response.

    `status` is None without a response; then `detail` is the reason, else the response's outcome.
    """

    at: float
    url: str
    status: int | None
    detail: str


@dataclass(slots=True, kw_only=True, eq=False)
class EmittedEvent(ObjectState):
    """https://docs.stripe.com/api/events/object.

    `subject` is the id of the payment or object that the event is about. `head` is the JSON up to
    `pending_webhooks` and `tail` that after it: only this number changes.
    """

    TYPE = "event"
    URL = "/v1/events"

    type: str
    subject: str
    head: bytes
    tail: bytes
    pending: int = 0
    attempts: list[DeliveryAttempt] = field(default_factory=list)

    def render(self) -> bytes:
        """The event's current JSON."""
        return b"%b%d%b" % (self.head, self.pending, self.tail)


def matches_type(event_type: str, pattern: str) -> bool:
    """Whether a pattern includes an event type: a type, a group such as `charge.*`, or `*`."""
    if pattern.endswith("*"):
        return event_type.startswith(pattern[:-1])
    return event_type == pattern
