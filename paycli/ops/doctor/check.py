"""The result of one check."""

from dataclasses import dataclass
from enum import StrEnum


class InstallationPart(StrEnum):
    """The part of the installation that a check examines."""

    SETTINGS = "settings"
    STRIPE = "stripe"
    KAFKA = "kafka"
    DAEMON = "daemon"
    REGISTRY = "registry"


class CheckState(StrEnum):
    """The outcome of a check. A warning is not a failure; a skipped check could not be done."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class DoctorCheck:
    """One check. `id` is stable; `repair` says how to fix what is not ok."""

    id: str
    part: InstallationPart
    state: CheckState
    detail: str
    repair: str | None = None
