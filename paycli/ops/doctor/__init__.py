"""Checks of an installation, each with its repair. Read-only."""

from paycli.ops.doctor.check import CheckState, DoctorCheck, InstallationPart
from paycli.ops.doctor.daemon import READY, examine_daemon
from paycli.ops.doctor.kafka import examine_kafka
from paycli.ops.doctor.registry import examine_registries
from paycli.ops.doctor.settings import examine_callers, examine_secrets, examine_settings
from paycli.ops.doctor.stripe import examine_stripe

__all__ = [
    "READY",
    "CheckState",
    "DoctorCheck",
    "InstallationPart",
    "examine_callers",
    "examine_daemon",
    "examine_kafka",
    "examine_registries",
    "examine_secrets",
    "examine_settings",
    "examine_stripe",
]
