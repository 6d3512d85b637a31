"""Whether the daemon of the settings serves."""

from paycli.ops.doctor.check import Check, Part, State

READY = 200
"""What `/readyz` answers while it serves."""


def examine_daemon(address: str, status: int | None) -> Check:
    """Judges the answer of `/readyz` at an address; None: no answer."""
    if status is None:
        said, repair = f"no daemon answers at {address}", "start it: paycli serve"
        return Check("daemon.ready", Part.DAEMON, State.WARNING, said, repair)
    if status != READY:
        repair = "see its log: it waits for Kafka, or is being stopped"
        said = f"{address}/readyz answers {status}"
        return Check("daemon.ready", Part.DAEMON, State.FAILED, said, repair)
    return Check("daemon.ready", Part.DAEMON, State.OK, f"{address} is ready")
