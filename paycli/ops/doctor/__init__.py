"""What is wrong with an installation, check by check, each with its repair. Changes nothing."""

from paycli.ops.doctor.check import Check, Part, State
from paycli.ops.doctor.daemon import READY, examine_daemon
from paycli.ops.doctor.kafka import examine_kafka
from paycli.ops.doctor.registry import examine_registries
from paycli.ops.doctor.settings import examine_secrets, examine_settings
from paycli.ops.doctor.stripe import examine_stripe

__all__ = [
    "READY",
    "Check",
    "Part",
    "State",
    "examine_daemon",
    "examine_kafka",
    "examine_registries",
    "examine_secrets",
    "examine_settings",
    "examine_stripe",
]
