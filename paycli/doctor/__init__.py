"""What is wrong with an installation, check by check, each with its repair. Changes nothing."""

from paycli.doctor.check import Check, Part, State
from paycli.doctor.daemon import READY, examine_daemon
from paycli.doctor.kafka import examine_kafka
from paycli.doctor.registry import examine_registries
from paycli.doctor.settings import examine_secrets, examine_settings
from paycli.doctor.stripe import examine_stripe

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
