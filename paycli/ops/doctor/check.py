"""What a check says, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """What a check is about."""

    SETTINGS = "settings"
    STRIPE = "stripe"
    KAFKA = "kafka"
    DAEMON = "daemon"
    REGISTRY = "registry"


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
