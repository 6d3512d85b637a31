"""Creates the daemon's registration with Eureka, and reads it back for the doctor."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from paycli import __version__
from paycli.models import RegistryStatus
from paycli.settings import Address, DiscoverySettings

if TYPE_CHECKING:
    from paycli.adapters.eureka.client import EurekaInstance
    from paycli.adapters.eureka.registration import EurekaRegistration


def registration(settings: DiscoverySettings, port: int) -> "EurekaRegistration | None":
    """Returns the registration of the daemon that listens on `port`; None without registries."""
    registries = settings.registries()
    if not registries:
        return None
    from paycli.adapters.eureka.client import EurekaClient
    from paycli.adapters.eureka.registration import EurekaRegistration

    instance = _instance(settings, port)
    return EurekaRegistration(EurekaClient(registries), instance, settings.eureka_heartbeat_seconds)


def registry_statuses(settings: DiscoverySettings) -> Iterator[RegistryStatus]:
    """Yields how each configured registry lists the daemon with these settings."""
    registries = settings.registries()
    if not registries:
        return
    from paycli.adapters.eureka.probe import probe_registry

    instance = _instance(settings, settings.listen.port)
    for url in registries:
        yield probe_registry(url, instance)


def _instance(settings: DiscoverySettings, port: int) -> "EurekaInstance":
    from paycli.adapters.eureka.registration import describe_instance

    address = settings.advertise or Address(host=settings.listen.host, port=port)
    seconds = settings.eureka_heartbeat_seconds
    return describe_instance(settings.service_name, address, seconds, __version__)
