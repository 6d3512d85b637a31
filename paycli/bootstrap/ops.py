"""Runs the operators' use cases with the adapters that they need."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from paycli.bootstrap.kafka import topic_readers, topics
from paycli.bootstrap.stripe import stripe_events_reader
from paycli.models import Record, StoredRecord, WebhookResponse
from paycli.ops.backfill import Backfill
from paycli.ops.progress import Progress
from paycli.ops.replay_from_stripe import record_for_replay
from paycli.ops.send_webhooks import SendReport, deliver, deliver_many
from paycli.settings import KafkaSettings, StripeSettings

# The daemon responds within its acknowledgement deadline; this is for the network.
_NETWORK_SECONDS = 1


def records_from_stripe(
    stripe: StripeSettings, kafka: KafkaSettings, event_ids: Sequence[str], account: str | None
) -> list[Record]:
    """Fetches Stripe events and returns their records. Raises StripeFailure, EventNotMapped."""
    to = topics(kafka)
    stripe_events = stripe_events_reader(stripe, account)
    return [
        record_for_replay(stripe_events.event(event_id), to, livemode=stripe.livemode)
        for event_id in event_ids
    ]


@contextmanager
def backfill(
    stripe: StripeSettings, kafka: KafkaSettings, account: str | None, progress: Progress
) -> Iterator[Backfill]:
    """Yields a `Backfill`, which compares Stripe's events with our topics."""
    to = topics(kafka)
    stripe_events = stripe_events_reader(stripe, account)
    with topic_readers(kafka) as (events, unreadable):
        yield Backfill(
            stripe_events, to, events, unreadable, livemode=stripe.livemode, progress=progress
        )


def deliver_webhook(
    kafka: KafkaSettings, url: str, event_id: str, body: bytes, signature_header: str
) -> tuple[WebhookResponse, str | None, StoredRecord | None]:
    """Posts a signed body to the daemon at `url` and looks its record up in Kafka.

    Returns the response, the topic and the record. Raises DaemonNotReached, KafkaFailure.
    """
    from paycli.adapters.webhook_client import post_webhook

    timeout_seconds = kafka.ack_timeout_seconds + _NETWORK_SECONDS
    with topic_readers(kafka) as readers:
        return deliver(
            event_id,
            lambda: post_webhook(url, body, signature_header, timeout_seconds),
            readers,
            timeout_seconds=timeout_seconds,
        )


def deliver_webhooks(
    kafka: KafkaSettings,
    url: str,
    events: Iterable[tuple[str, Callable[[], tuple[bytes, str]]]],
    *,
    concurrency: int,
    per_second: float | None,
) -> SendReport:
    """Posts events to the daemon at `url` and looks their records up in Kafka.

    Each event is its id and a function that returns its body and its signature header. Raises
    KafkaFailure.
    """
    from paycli.adapters.webhook_client import post_webhook

    timeout_seconds = kafka.ack_timeout_seconds + _NETWORK_SECONDS

    def post(sign: Callable[[], tuple[bytes, str]]) -> WebhookResponse:
        return post_webhook(url, *sign(), timeout_seconds)

    with topic_readers(kafka) as readers:
        return deliver_many(
            ((event_id, partial(post, sign)) for event_id, sign in events),
            readers,
            concurrency=concurrency,
            per_second=per_second,
        )


def readiness_status(url: str) -> int | None:
    """Returns the status code of `/readyz` of the daemon at `url`; None without a response."""
    from paycli.adapters import webhook_client

    return webhook_client.readiness_status(url)
