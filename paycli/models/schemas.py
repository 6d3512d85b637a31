"""Schemas in a schema registry."""

from dataclasses import dataclass

MAX_SCHEMA_ID = 2**31 - 1
"""Java's consumers read the id as an `int`."""


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    """A version of a subject.

    Registries number schemas by `id`; newer ones also return a `guid`, which is the same in every
    registry.
    """

    subject: str
    version: int
    id: int
    guid: str | None
