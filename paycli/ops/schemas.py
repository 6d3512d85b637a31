"""The schemas of our events in a schema registry: checked and published."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from paycli.errors import SchemaRegistryFailure
from paycli.events.cloudevents import ce_type
from paycli.events.json_schema import draft_07_text
from paycli.events.types import BaseEvent
from paycli.models import RegisteredSchema

FITTING_LEVELS = ("FORWARD", "FORWARD_TRANSITIVE")
"""Fields are added to events, and consumers may have the schema from before: data of the new schema
has to be valid by it. The BACKWARD and FULL levels refuse an added field, as it was open before."""

_ALL_VERSIONS = "_TRANSITIVE"


class SchemaRegistry(Protocol):
    """A schema registry. Each call may raise SchemaRegistryFailure."""

    def find(self, subject: str, schema: str) -> RegisteredSchema | None:
        """Returns the version of the subject that has this schema; None if there is none."""

    def versions(self, subject: str) -> list[int]:
        """Returns the numbers of the subject's versions; none if there is no such subject."""

    def level(self, subject: str) -> str:
        """Returns the compatibility level of the subject, which may be that of the registry."""

    def set_level(self, subject: str, level: str) -> None:
        """Sets the compatibility level of the subject."""

    def incompatibilities(self, subject: str, version: int | None, schema: str) -> list[str]:
        """Returns why the schema is incompatible with a version, None for the latest; or nothing.

        The registry judges by the level of the subject.
        """

    def register(self, subject: str, schema: str) -> None:
        """Registers the schema as a new version of the subject, unless it has it already."""


class SchemaStatus(StrEnum):
    """What the registry has of a schema."""

    NEW = "new"
    """There is no such subject yet."""
    CHANGED = "changed"
    """The subject has no such version yet, and it is compatible with the others."""
    UNCHANGED = "unchanged"
    INCOMPATIBLE = "incompatible"


@dataclass(frozen=True, slots=True)
class EventSchema:
    """The schema of an event as it is registered; `type` is its CloudEvents type."""

    event: str
    type: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class SchemaState:
    """A schema and what the registry has of it, with the subject's compatibility level.

    `registered` is None if the registry does not have it; `reasons` are those of the registry.
    """

    schema: EventSchema
    status: SchemaStatus
    level: str
    registered: RegisteredSchema | None = None
    reasons: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class LevelChange:
    """The numbers of subjects whose level was set, and of those that keep a stricter one."""

    changed: int
    stricter: int


def event_schemas(kinds: Iterable[type[BaseEvent]], subject_prefix: str) -> list[EventSchema]:
    """Returns the schemas of the events; the subject is the prefix and the CloudEvents type.

    The type is the schema's title. So the subjects are those of Confluent's RecordNameStrategy, and
    with the prefix `TOPIC-` those of TopicRecordNameStrategy.
    """
    return [
        EventSchema(kind.__name__, type_, subject_prefix + type_, draft_07_text(kind))
        for kind in kinds
        for type_ in [ce_type(kind.__name__, kind.version)]
    ]


def check(registry: SchemaRegistry, schemas: Iterable[EventSchema]) -> Iterator[SchemaState]:
    """Yields what the registry has of each schema, and changes nothing.

    Raises SchemaRegistryFailure.
    """
    for schema in schemas:
        level = registry.level(schema.subject)
        registered = registry.find(schema.subject, schema.text)
        if registered is not None:
            yield SchemaState(schema, SchemaStatus.UNCHANGED, level, registered)
            continue
        versions = registry.versions(schema.subject)
        if not versions:
            yield SchemaState(schema, SchemaStatus.NEW, level)
            continue
        # Registries judge by one version at a time, also at a level that is about all of them.
        compared = versions if level.endswith(_ALL_VERSIONS) else [None]
        reasons = [
            reason
            for version in compared
            for reason in registry.incompatibilities(schema.subject, version, schema.text)
        ]
        status = SchemaStatus.INCOMPATIBLE if reasons else SchemaStatus.CHANGED
        yield SchemaState(schema, status, level, reasons=tuple(dict.fromkeys(reasons)))


def publish(registry: SchemaRegistry, states: Iterable[SchemaState]) -> Iterator[SchemaState]:
    """Registers the schemas that the registry lacks; yields each with its version and id.

    None of them may be incompatible. Raises SchemaRegistryFailure.
    """
    for state in states:
        if state.registered is not None:
            yield state
            continue
        schema = state.schema
        registry.register(schema.subject, schema.text)
        registered = registry.find(schema.subject, schema.text)
        if registered is None:
            raise SchemaRegistryFailure(
                f"the schema registry has accepted {schema.subject}, but does not return it yet: "
                "repeat the command, which registers nothing twice"
            )
        yield SchemaState(schema, state.status, state.level, registered)


def set_level(registry: SchemaRegistry, schemas: Iterable[EventSchema], level: str) -> LevelChange:
    """Sets the compatibility level of the subjects that have another.

    A subject keeps the transitive form of the level, which is stricter. Raises
    SchemaRegistryFailure.
    """
    changed = stricter = 0
    for schema in schemas:
        former = registry.level(schema.subject)
        if former == level + _ALL_VERSIONS:
            stricter += 1
        elif former != level:
            registry.set_level(schema.subject, level)
            changed += 1
    return LevelChange(changed, stricter)
