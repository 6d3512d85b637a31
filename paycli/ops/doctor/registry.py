"""Checks whether the service registries have the daemon at the right address."""

from collections.abc import Iterator, Sequence

from paycli.models import RegistryStatus
from paycli.ops.doctor.check import CheckState, DoctorCheck, InstallationPart

UP = "UP"


def examine_registries(
    registries: Sequence[RegistryStatus], service: str, address: str, *, ready: bool, reached: bool
) -> Iterator[DoctorCheck]:
    """Checks that `service` is registered at `address` (host:port).

    Args:
        registries: the state of each registry.
        service: the name in the registries.
        address: the advertised host:port.
        ready: whether the daemon of these settings is ready on this machine.
        reached: whether a daemon responds at `address`.

    Registries are replicas: what one of them lacks is a warning if another one has it.
    """
    any_reachable = any(registry.failure is None for registry in registries)
    any_registered = any(registry.status is not None for registry in registries)
    for registry in registries:
        yield _examine_connection(registry, any_reachable=any_reachable)
        if registry.failure is None:
            yield _examine_registration(
                registry, f"{service} at {address}", failed=ready and not any_registered
            )
            if registry.status is not None:
                yield _examine_status(registry, registry.status, service, address)
    if any_registered:
        yield _examine_address(address, reached=reached)


def _check(check_id: str, state: CheckState, detail: str, repair: str | None = None) -> DoctorCheck:
    return DoctorCheck(check_id, InstallationPart.REGISTRY, state, detail, repair)


def _examine_connection(registry: RegistryStatus, *, any_reachable: bool) -> DoctorCheck:
    if registry.failure is None:
        detail = f"{registry.url} is reachable and accepts the credentials"
        return _check("registry.reach", CheckState.OK, detail)
    detail = f"{registry.url}: {registry.failure}"
    if registry.refused:
        repair = "correct user and password in PAYCLI_EUREKA_URL (http://USER:PASSWORD@HOST:8761/…)"
        return _check("registry.credentials", CheckState.FAILED, detail, repair)
    repair = "check PAYCLI_EUREKA_URL (its path is usually /eureka), the network, the registry"
    state = CheckState.WARNING if any_reachable else CheckState.FAILED
    return _check("registry.reach", state, detail, repair)


def _examine_registration(registry: RegistryStatus, instance: str, *, failed: bool) -> DoctorCheck:
    if registry.status is not None:
        detail = f"{registry.url} has {instance}"
        return _check("registry.registered", CheckState.OK, detail)
    others = f"; it has {', '.join(registry.others)}" if registry.others else ""
    detail = f"{registry.url} does not have {instance}{others}"
    if failed:
        repair = (
            "restart the daemon with PAYCLI_EUREKA_URL; registry_unreachable in its log has the "
            "reason"
        )
        return _check("registry.registered", CheckState.FAILED, detail, repair)
    repair = (
        "start the daemon; if it runs elsewhere, run doctor there or with its PAYCLI_ADVERTISE "
        "and PAYCLI_SERVICE_NAME"
    )
    return _check("registry.registered", CheckState.WARNING, detail, repair)


def _examine_status(
    registry: RegistryStatus, status: str, service: str, address: str
) -> DoctorCheck:
    detail = f"{service} at {address} is {status} in {registry.url}"
    if status == UP:
        return _check("registry.status", CheckState.OK, detail)
    repair = (
        "callers do not use this instance: it is shutting down, or was taken out of service; "
        "a restart puts it back"
    )
    return _check("registry.status", CheckState.FAILED, detail, repair)


def _examine_address(address: str, *, reached: bool) -> DoctorCheck:
    if reached:
        detail = f"a daemon responds at the registered address {address}"
        return _check("registry.address", CheckState.OK, detail)
    detail = f"nothing responds at the registered address {address}"
    repair = "set PAYCLI_ADVERTISE to an address that callers reach (this machine may not be one)"
    return _check("registry.address", CheckState.WARNING, detail, repair)
