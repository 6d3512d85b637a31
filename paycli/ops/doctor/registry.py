"""Whether other services find the daemon: what each registry holds of it."""

from collections.abc import Iterator, Sequence

from paycli.models import RegistryStatus
from paycli.ops.doctor.check import Check, Part, State

UP = "UP"


def examine_registries(
    facts: Sequence[RegistryStatus], service: str, address: str, *, ready: bool, reached: bool
) -> Iterator[Check]:
    """Judges the registries: `service` is to be registered at `address`, host:port.

    `ready`: whether the daemon of these settings serves here; `reached`: whether anything answers
    at the address. Several registries are one that stays up: what one of them lacks is a warning
    where another has it.
    """
    answering = any(it.failure is None for it in facts)
    known = any(it.status is not None for it in facts)
    for it in facts:
        yield _reach(it, enough=answering)
        if it.failure is None:
            yield _registered(it, f"{service} at {address}", failed=ready and not known)
            if it.status is not None:
                yield _status(it, it.status, service, address)
    if known:
        yield _address(address, reached=reached)


def _reach(it: RegistryStatus, *, enough: bool) -> Check:
    if it.failure is None:
        said = f"{it.url} answers, and lets us in"
        return Check("registry.reach", Part.REGISTRY, State.OK, said)
    said = f"{it.url}: {it.failure}"
    if it.refused:
        repair = "correct user and password in PAYCLI_EUREKA_URL (http://USER:PASSWORD@HOST:8761/…)"
        return Check("registry.credentials", Part.REGISTRY, State.FAILED, said, repair)
    repair = "check PAYCLI_EUREKA_URL (its path is /eureka as a rule), the network, the registry"
    state = State.WARNING if enough else State.FAILED
    return Check("registry.reach", Part.REGISTRY, state, said, repair)


def _registered(it: RegistryStatus, what: str, *, failed: bool) -> Check:
    if it.status is not None:
        said = f"{it.url} has {what}"
        return Check("registry.registered", Part.REGISTRY, State.OK, said)
    instead = f"; it has {', '.join(it.others)}" if it.others else ""
    said = f"{it.url} does not have {what}{instead}"
    if failed:
        repair = "restart the daemon with PAYCLI_EUREKA_URL; its log has why: registry_unreachable"
        return Check("registry.registered", Part.REGISTRY, State.FAILED, said, repair)
    repair = (
        "start the daemon, or if it runs elsewhere, run doctor there or with its PAYCLI_ADVERTISE "
        "and PAYCLI_SERVICE_NAME"
    )
    return Check("registry.registered", Part.REGISTRY, State.WARNING, said, repair)


def _status(it: RegistryStatus, status: str, service: str, address: str) -> Check:
    said = f"{service} at {address} is {status} in {it.url}"
    if status == UP:
        return Check("registry.status", Part.REGISTRY, State.OK, said)
    repair = (
        "callers are led elsewhere: it is being stopped, or somebody took it out of service; "
        "a restart lifts that"
    )
    return Check("registry.status", Part.REGISTRY, State.FAILED, said, repair)


def _address(address: str, *, reached: bool) -> Check:
    if reached:
        said = f"a daemon answers at {address}, where callers are led"
        return Check("registry.address", Part.REGISTRY, State.OK, said)
    said = f"nothing answers at {address}, where callers are led"
    repair = "set PAYCLI_ADVERTISE to what callers reach; this machine may not be one of them"
    return Check("registry.address", Part.REGISTRY, State.WARNING, said, repair)
