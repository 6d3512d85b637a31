"""Checks whether the daemon of these settings is ready."""

from paycli.ops.doctor.check import CheckState, DoctorCheck, InstallationPart

READY = 200
"""The status of `/readyz` while the daemon is ready."""


def examine_daemon(address: str, status: int | None) -> DoctorCheck:
    """Judges the status of `/readyz` at an address; None: no response."""
    if status is None:
        return _ready(CheckState.WARNING, f"no daemon responds at {address}", "run paycli serve")
    if status != READY:
        return _ready(
            CheckState.FAILED,
            f"{address}/readyz responds with {status}",
            "see the daemon's log: it has not reached Kafka yet, misses the topic, or is stopping",
        )
    return _ready(CheckState.OK, f"{address} is ready")


def _ready(state: CheckState, detail: str, repair: str | None = None) -> DoctorCheck:
    return DoctorCheck("daemon.ready", InstallationPart.DAEMON, state, detail, repair)
