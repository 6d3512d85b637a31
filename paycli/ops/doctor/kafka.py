"""The brokers' reach, and how our topics keep events."""

from collections.abc import Iterator
from typing import Protocol

from paycli.errors import KafkaFailure, TopicMissing
from paycli.models import TopicStatus
from paycli.ops.doctor.check import Check, Part, State

STRIPE_KEEPS_MS = 30 * 24 * 3600 * 1000
_SAFE_REPLICAS = 2


class KafkaProbe(Protocol):
    """The brokers, asked."""

    def topic(self, name: str) -> TopicStatus:
        """How a topic is set up. Raises KafkaFailure."""

    def check(self, name: str) -> None:
        """Whether a topic is there. Raises KafkaFailure."""


def examine_kafka(probe: KafkaProbe, topic: str, unreadable: str) -> Iterator[Check]:
    """Judges the brokers' reach and both topics."""
    try:
        facts = probe.topic(topic)
    except TopicMissing as error:
        yield Check("kafka.reach", Part.KAFKA, State.OK, "brokers answer")
        yield Check(
            "kafka.topic", Part.KAFKA, State.FAILED, f"{topic} does not exist", error.detail
        )
        return
    except KafkaFailure as error:
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
    except KafkaFailure as error:
        said = f"{unreadable}: {error.detail}"
        repair = f"create it: kafka-topics.sh --create --topic {unreadable}"
        yield Check("kafka.unreadable_topic", Part.KAFKA, State.FAILED, said, repair)
    else:
        said = f"{unreadable} is there"
        yield Check("kafka.unreadable_topic", Part.KAFKA, State.OK, said)


def _replication(facts: TopicStatus) -> Check:
    in_sync = facts.min_insync_replicas
    least = "unknown" if in_sync is None else in_sync
    said = f"replication factor {facts.replicas}, min.insync.replicas {least}"
    repair = "replicate it three times, with min.insync.replicas=2: else a lost broker loses events"
    if in_sync is not None and in_sync > facts.replicas:
        repair = "lower min.insync.replicas or add replicas: nothing can be written"
        return Check("kafka.replication", Part.KAFKA, State.FAILED, said, repair)
    if facts.replicas < _SAFE_REPLICAS or (in_sync is not None and in_sync < _SAFE_REPLICAS):
        return Check("kafka.replication", Part.KAFKA, State.WARNING, said, repair)
    return Check("kafka.replication", Part.KAFKA, State.OK, said)


def _cleanup(facts: TopicStatus, topic: str) -> Check:
    policy = facts.cleanup_policy
    if policy is None:
        said = "the broker does not tell cleanup.policy"
        return Check("kafka.cleanup_policy", Part.KAFKA, State.SKIPPED, said)
    if "compact" in policy:
        said = f"cleanup.policy={policy} keeps only a payment's last event"
        repair = f"kafka-configs.sh --alter --topic {topic} --add-config cleanup.policy=delete"
        return Check("kafka.cleanup_policy", Part.KAFKA, State.FAILED, said, repair)
    return Check("kafka.cleanup_policy", Part.KAFKA, State.OK, f"cleanup.policy={policy}")


def _retention(facts: TopicStatus, topic: str) -> Check:
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


def _writing(facts: TopicStatus, topic: str) -> Check:
    if facts.may_write is None:
        said = "the broker does not tell what we may"
        return Check("kafka.write", Part.KAFKA, State.SKIPPED, said)
    if not facts.may_write:
        said, repair = f"we may not write to {topic}", f"grant WRITE on the topic {topic}"
        return Check("kafka.write", Part.KAFKA, State.FAILED, said, repair)
    return Check("kafka.write", Part.KAFKA, State.OK, f"we may write to {topic}")
