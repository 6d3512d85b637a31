"""What is wrong with an installation, check by check, each with its repair. Changes nothing."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from paycli.errors import KafkaError, StripeCredentialsRefused, StripeError, TopicMissing
from paycli.models import Endpoint, TopicFacts
from paycli.settings import WEBHOOK_PATH

MAX_SKEW_SECONDS = 60
"""A signature's time may be PAYCLI_WEBHOOK_TOLERANCE_SECONDS off; this leaves room for delays."""
STRIPE_KEEPS_MS = 30 * 24 * 3600 * 1000
_SECRET_LENGTH = 20
_SAFE_REPLICAS = 2


class Part(StrEnum):
    """What a check is about."""

    SETTINGS = "settings"
    STRIPE = "stripe"
    KAFKA = "kafka"
    DAEMON = "daemon"


class State(StrEnum):
    """How a check ended; a warning is no failure; skipped is what could not be asked."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its `id` is stable; `repair` says what to do where it is not ok."""

    id: str
    part: Part
    state: State
    detail: str
    repair: str | None = None


class StripeProbe(Protocol):
    """Stripe, asked. Each call may raise StripeError."""

    def clock(self) -> float | None:
        """Stripe's clock in Unix seconds, if it was told."""

    def list_endpoints(self) -> tuple[Endpoint, ...]:
        """Where webhooks go."""


class KafkaProbe(Protocol):
    """The brokers, asked."""

    def topic(self, name: str) -> TopicFacts:
        """How a topic is set up. Raises KafkaError."""

    def check(self, name: str) -> None:
        """Whether a topic is there. Raises KafkaError."""


def settings(problems: Mapping[str, str], mode: str | None) -> Iterator[Check]:
    """Judges the settings: `problems` by setting; the key's `mode`, None without a key."""
    for name, detail in problems.items():
        check = f"settings.{name.removeprefix('PAYCLI_').lower()}"
        yield Check(check, Part.SETTINGS, State.FAILED, f"{name}: {detail}", f"set {name}")
    if not problems:
        yield Check("settings", Part.SETTINGS, State.OK, "all that the daemon needs is set")
    if mode is not None:
        yield Check("settings.mode", Part.SETTINGS, State.OK, f"the key is a {mode} key")


def secrets(values: Sequence[str]) -> Check:
    """Judges the shape of the signing secrets, without telling any of them."""
    short = [n for n, it in enumerate(values, start=1) if len(it) < _SECRET_LENGTH]
    odd = [n for n, it in enumerate(values, start=1) if not (it.isascii() and it.isprintable())]
    if short or odd:
        which = ", ".join(map(str, sorted({*short, *odd})))
        return Check(
            "settings.webhook_secrets_shape",
            Part.SETTINGS,
            State.WARNING,
            f"signing secret number {which} is shorter than Stripe's, or has odd characters",
            "copy it whole: Stripe Dashboard, Webhooks, the endpoint, Signing secret",
        )
    said = f"signing secrets: {len(values)}, each in the shape of Stripe's"
    return Check("settings.webhook_secrets_shape", Part.SETTINGS, State.OK, said)


def stripe(probe: StripeProbe, wanted: Collection[str], now: float) -> Iterator[Check]:
    """Judges Stripe's reach, our clock against its own, and the endpoint.

    `wanted` are the event types that the endpoint has to send.
    """
    try:
        clock = probe.clock()
    except StripeCredentialsRefused as error:
        repair = "use a key that is not revoked and may read events"
        yield Check("stripe.key", Part.STRIPE, State.FAILED, error.detail, repair)
        return
    except StripeError as error:
        repair = "check PAYCLI_STRIPE_API_BASE, the network, and https://status.stripe.com"
        yield Check("stripe.reach", Part.STRIPE, State.FAILED, error.detail, repair)
        return
    yield Check("stripe.reach", Part.STRIPE, State.OK, "Stripe answers, and takes the key")
    yield _clock(clock, now)
    try:
        endpoints = probe.list_endpoints()
    except StripeError as error:
        repair = "let the key read webhook endpoints, or look in the Dashboard"
        yield Check("stripe.endpoint", Part.STRIPE, State.SKIPPED, error.detail, repair)
        return
    yield from _endpoint(endpoints, wanted)


def _clock(clock: float | None, now: float) -> Check:
    if clock is None:
        return Check("stripe.clock", Part.STRIPE, State.SKIPPED, "Stripe did not tell the time")
    skew = now - clock
    said = f"this machine's clock is {skew:+.0f} s from Stripe's"
    if abs(skew) <= MAX_SKEW_SECONDS:
        return Check("stripe.clock", Part.STRIPE, State.OK, said)
    repair = "set the clock (NTP): signatures are judged by it"
    return Check("stripe.clock", Part.STRIPE, State.FAILED, said, repair)


def _endpoint(endpoints: Sequence[Endpoint], wanted: Collection[str]) -> Iterator[Check]:
    ours = [it for it in endpoints if urlsplit(it.url).path.rstrip("/") == WEBHOOK_PATH]
    if not ours:
        yield Check(
            "stripe.endpoint",
            Part.STRIPE,
            State.WARNING,
            f"no endpoint at Stripe leads to {WEBHOOK_PATH}",
            f"add one in the Dashboard: https://YOUR_HOST{WEBHOOK_PATH}",
        )
        return
    for it in ours:
        if not it.enabled:
            repair = "enable it in the Dashboard"
            said = f"{it.url} is disabled"
            yield Check("stripe.endpoint", Part.STRIPE, State.FAILED, said, repair)
            continue
        version = it.api_version or "the account's own version"
        said = f"{it.url} is enabled, in {version}"
        yield Check("stripe.endpoint", Part.STRIPE, State.OK, said)
        lacking = sorted(set(wanted) - set(it.enabled_events))
        if lacking and "*" not in it.enabled_events:
            yield Check(
                "stripe.enabled_events",
                Part.STRIPE,
                State.FAILED,
                f"{it.url} does not send {', '.join(lacking)}",
                "add these event types to the endpoint in the Dashboard",
            )
        else:
            said = f"it sends all {len(wanted)} types that are told"
            yield Check("stripe.enabled_events", Part.STRIPE, State.OK, said)


def kafka(probe: KafkaProbe, topic: str, unreadable: str) -> Iterator[Check]:
    """Judges the brokers' reach and both topics."""
    try:
        facts = probe.topic(topic)
    except TopicMissing as error:
        yield Check("kafka.reach", Part.KAFKA, State.OK, "brokers answer")
        yield Check(
            "kafka.topic", Part.KAFKA, State.FAILED, f"{topic} does not exist", error.detail
        )
        return
    except KafkaError as error:
        repair = "check PAYCLI_KAFKA_BOOTSTRAP_SERVERS, PAYCLI_KAFKA_CONFIG and the network"
        yield Check("kafka.reach", Part.KAFKA, State.FAILED, error.detail, repair)
        return
    yield Check("kafka.reach", Part.KAFKA, State.OK, "brokers answer")
    said = f"{topic} has {facts.partitions} partitions"
    yield Check("kafka.topic", Part.KAFKA, State.OK, said)
    yield _replication(facts)
    yield _cleanup(facts, topic)
    yield _retention(facts, topic)
    yield _writing(facts, topic)
    try:
        probe.check(unreadable)
    except KafkaError as error:
        said = f"{unreadable}: {error.detail}"
        repair = f"create it: kafka-topics.sh --create --topic {unreadable}"
        yield Check("kafka.unreadable_topic", Part.KAFKA, State.FAILED, said, repair)
    else:
        said = f"{unreadable} is there"
        yield Check("kafka.unreadable_topic", Part.KAFKA, State.OK, said)


def _replication(facts: TopicFacts) -> Check:
    in_sync = facts.min_insync_replicas
    least = "unknown" if in_sync is None else in_sync
    said = f"replicated {facts.replicas} times, min.insync.replicas {least}"
    repair = "replicate it three times, with min.insync.replicas=2: else a lost broker loses events"
    if in_sync is not None and in_sync > facts.replicas:
        repair = "lower min.insync.replicas or add replicas: nothing can be written"
        return Check("kafka.replication", Part.KAFKA, State.FAILED, said, repair)
    if facts.replicas < _SAFE_REPLICAS or (in_sync is not None and in_sync < _SAFE_REPLICAS):
        return Check("kafka.replication", Part.KAFKA, State.WARNING, said, repair)
    return Check("kafka.replication", Part.KAFKA, State.OK, said)


def _cleanup(facts: TopicFacts, topic: str) -> Check:
    policy = facts.cleanup_policy
    if policy is None:
        said = "the broker does not tell cleanup.policy"
        return Check("kafka.cleanup_policy", Part.KAFKA, State.SKIPPED, said)
    if "compact" in policy:
        said = f"cleanup.policy={policy} keeps only a payment's last event"
        repair = f"kafka-configs.sh --alter --topic {topic} --add-config cleanup.policy=delete"
        return Check("kafka.cleanup_policy", Part.KAFKA, State.FAILED, said, repair)
    return Check("kafka.cleanup_policy", Part.KAFKA, State.OK, f"cleanup.policy={policy}")


def _retention(facts: TopicFacts, topic: str) -> Check:
    kept = facts.retention_ms
    if kept is None:
        said = "the broker does not tell retention.ms"
        return Check("kafka.retention", Part.KAFKA, State.SKIPPED, said)
    if 0 <= kept < STRIPE_KEEPS_MS:
        said = (
            f"{topic} keeps {kept / 86_400_000:.1f} days, Stripe 30: a backfill of more would "
            "publish again what the topic has dropped"
        )
        repair = (
            f"kafka-configs.sh --alter --topic {topic} --add-config retention.ms={STRIPE_KEEPS_MS}"
        )
        return Check("kafka.retention", Part.KAFKA, State.WARNING, said, repair)
    said = "for ever" if kept < 0 else f"{kept / 86_400_000:.0f} days"
    return Check("kafka.retention", Part.KAFKA, State.OK, f"{topic} keeps records {said}")


def _writing(facts: TopicFacts, topic: str) -> Check:
    if facts.may_write is None:
        said = "the broker does not tell what we may"
        return Check("kafka.write", Part.KAFKA, State.SKIPPED, said)
    if not facts.may_write:
        said, repair = f"we may not write to {topic}", f"grant WRITE on the topic {topic}"
        return Check("kafka.write", Part.KAFKA, State.FAILED, said, repair)
    return Check("kafka.write", Part.KAFKA, State.OK, f"we may write to {topic}")


def daemon(address: str, status: int | None) -> Check:
    """Judges the answer of `/readyz` at an address; None: no answer."""
    if status is None:
        said, repair = f"no daemon answers at {address}", "start it: paycli serve"
        return Check("daemon.ready", Part.DAEMON, State.WARNING, said, repair)
    if status != 200:  # noqa: PLR2004  (HTTP's)
        repair = "see its log: it waits for Kafka, or is being stopped"
        said = f"{address}/readyz answers {status}"
        return Check("daemon.ready", Part.DAEMON, State.FAILED, said, repair)
    return Check("daemon.ready", Part.DAEMON, State.OK, f"{address} is ready")
