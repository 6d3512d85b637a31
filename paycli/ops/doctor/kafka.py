"""Checks the connection to Kafka, and the configuration of our topics."""

from collections.abc import Iterator
from typing import Protocol

from paycli.errors import KafkaFailure, TopicMissing
from paycli.models import TopicStatus
from paycli.ops.doctor.check import CheckState, DoctorCheck, InstallationPart

STRIPE_RETENTION_MS = 30 * 24 * 3600 * 1000
_MIN_REPLICAS = 2
_MS_PER_DAY = 86_400_000


class KafkaProbe(Protocol):
    """The part of Kafka's admin API that the doctor uses."""

    def topic(self, name: str) -> TopicStatus:
        """Returns the configuration of a topic. Raises KafkaFailure."""

    def check(self, name: str) -> None:
        """Raises KafkaFailure if the topic does not exist or no broker is reachable."""


def examine_kafka(probe: KafkaProbe, topic: str, unreadable: str) -> Iterator[DoctorCheck]:
    """Checks the connection and both topics."""
    try:
        facts = probe.topic(topic)
    except TopicMissing as error:
        yield _check("kafka.reach", CheckState.OK, "the brokers are reachable")
        yield _check("kafka.topic", CheckState.FAILED, f"{topic} does not exist", error.detail)
        return
    except KafkaFailure as error:
        repair = "check PAYCLI_KAFKA_BOOTSTRAP_SERVERS, PAYCLI_KAFKA_CONFIG and the network"
        yield _check("kafka.reach", CheckState.FAILED, error.detail, repair)
        return
    yield _check("kafka.reach", CheckState.OK, "the brokers are reachable")
    yield _check("kafka.topic", CheckState.OK, f"{topic} has {facts.partitions} partitions")
    yield _examine_replication(facts)
    yield _examine_cleanup(facts, topic)
    yield _examine_retention(facts, topic)
    yield _examine_write_permission(facts, topic)
    try:
        probe.check(unreadable)
    except KafkaFailure as error:
        detail = f"{unreadable}: {error.detail}"
        repair = f"create it: {TopicMissing.repair(unreadable)}"
        yield _check("kafka.unreadable_topic", CheckState.FAILED, detail, repair)
    else:
        yield _check("kafka.unreadable_topic", CheckState.OK, f"{unreadable} exists")


def _check(check_id: str, state: CheckState, detail: str, repair: str | None = None) -> DoctorCheck:
    return DoctorCheck(check_id, InstallationPart.KAFKA, state, detail, repair)


def _examine_replication(facts: TopicStatus) -> DoctorCheck:
    in_sync = facts.min_insync_replicas
    detail = (
        f"replication factor {facts.replicas}, "
        f"min.insync.replicas {'unknown' if in_sync is None else in_sync}"
    )
    if in_sync is not None and in_sync > facts.replicas:
        repair = "lower min.insync.replicas or add replicas: nothing can be written"
        return _check("kafka.replication", CheckState.FAILED, detail, repair)
    if facts.replicas < _MIN_REPLICAS or (in_sync is not None and in_sync < _MIN_REPLICAS):
        repair = (
            "use replication factor 3 and min.insync.replicas=2: otherwise the loss of one broker "
            "loses events"
        )
        return _check("kafka.replication", CheckState.WARNING, detail, repair)
    return _check("kafka.replication", CheckState.OK, detail)


def _examine_cleanup(facts: TopicStatus, topic: str) -> DoctorCheck:
    policy = facts.cleanup_policy
    if policy is None:
        detail = "the broker does not report cleanup.policy"
        return _check("kafka.cleanup_policy", CheckState.SKIPPED, detail)
    if "compact" in policy:
        detail = f"cleanup.policy={policy} deletes all but the last event of each payment"
        repair = f"kafka-configs.sh --alter --topic {topic} --add-config cleanup.policy=delete"
        return _check("kafka.cleanup_policy", CheckState.FAILED, detail, repair)
    return _check("kafka.cleanup_policy", CheckState.OK, f"cleanup.policy={policy}")


def _examine_retention(facts: TopicStatus, topic: str) -> DoctorCheck:
    retention_ms = facts.retention_ms
    if retention_ms is None:
        detail = "the broker does not report retention.ms"
        return _check("kafka.retention", CheckState.SKIPPED, detail)
    if 0 <= retention_ms < STRIPE_RETENTION_MS:
        detail = (
            f"{topic} keeps records for {retention_ms / _MS_PER_DAY:.1f} days, Stripe keeps events "
            "for 30: a longer backfill would publish deleted records again"
        )
        repair = (
            f"kafka-configs.sh --alter --topic {topic} "
            f"--add-config retention.ms={STRIPE_RETENTION_MS}"
        )
        return _check("kafka.retention", CheckState.WARNING, detail, repair)
    duration = "forever" if retention_ms < 0 else f"for {retention_ms / _MS_PER_DAY:.0f} days"
    return _check("kafka.retention", CheckState.OK, f"{topic} keeps records {duration}")


def _examine_write_permission(facts: TopicStatus, topic: str) -> DoctorCheck:
    if facts.may_write is None:
        detail = "the broker does not report our permissions"
        return _check("kafka.write", CheckState.SKIPPED, detail)
    if not facts.may_write:
        detail = f"no permission to write to {topic}"
        return _check("kafka.write", CheckState.FAILED, detail, f"grant WRITE on the topic {topic}")
    return _check("kafka.write", CheckState.OK, f"permission to write to {topic}")
