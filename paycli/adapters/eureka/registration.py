"""The daemon's registration with Eureka, on a thread of its own, so that it delays no request."""

import logging
import threading

from paycli.adapters.eureka.client import (
    OUT_OF_SERVICE,
    UP,
    EurekaClient,
    EurekaInstance,
    EurekaUnreachable,
)
from paycli.settings import Address

log = logging.getLogger("paycli.registry")

LEASES = 3
"""How many heartbeats may be missed before the registry evicts, as with Spring's clients."""

RETRY_SECONDS = 5.0
CLOSE_SECONDS = 3.0
"""How long stopping waits for the registry. If it does not respond, the lease expires."""


def describe_instance(
    name: str, address: Address, heartbeat_seconds: float, version: str
) -> EurekaInstance:
    """Returns the instance with the fields and URLs that Spring's tools expect."""
    host = str(Address(host=address.host, port=0)).removesuffix(":0")
    url = f"http://{address}"
    id_ = f"{host}:{name}:{address.port}"
    return EurekaInstance(
        name.upper(),
        id_,
        {
            "instanceId": id_,
            "app": name.upper(),
            "hostName": host,
            "ipAddr": address.host,
            "vipAddress": name,
            "secureVipAddress": name,
            "port": {"$": address.port, "@enabled": "true"},
            "securePort": {"$": 443, "@enabled": "false"},
            "homePageUrl": f"{url}/",
            "statusPageUrl": f"{url}/actuator/info",
            "healthCheckUrl": f"{url}/actuator/health",
            "dataCenterInfo": {
                "@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo",
                "name": "MyOwn",
            },
            "leaseInfo": {
                "renewalIntervalInSecs": max(1, round(heartbeat_seconds)),
                "durationInSecs": max(1, round(heartbeat_seconds * LEASES)),
            },
            "metadata": {"management.port": str(address.port), "version": version},
        },
    )


class EurekaRegistration:
    """Registered from `start` to `close`. No method raises, and only `close` blocks."""

    def __init__(
        self, client: EurekaClient, instance: EurekaInstance, heartbeat_seconds: float
    ) -> None:
        self._client = client
        self._instance = instance
        self._heartbeat_seconds = heartbeat_seconds
        self._target: str | None = UP  # None: not registered
        self._registered_as: str | None = None
        self._override_removed = False
        self._reachable: bool | None = None
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry", daemon=True)

    @property
    def registered(self) -> bool:
        """Whether a registry has confirmed the last heartbeat."""
        return bool(self._registered_as and self._reachable)

    def start(self) -> None:
        """Registers, and sends heartbeats from then on."""
        self._thread.start()

    def take_out_of_service(self) -> None:
        """Sets OUT_OF_SERVICE, so that callers choose other instances; it stays registered."""
        self._target = OUT_OF_SERVICE
        self._wake.set()

    def close(self) -> None:
        """Deregisters the instance, within `CLOSE_SECONDS`."""
        self._target = None
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            self._wake.clear()
            target = self._target
            try:
                self._update(target)
                self._log_change(None)
                pause_seconds = self._heartbeat_seconds
            except EurekaUnreachable as error:
                self._log_change(str(error))
                pause_seconds = min(RETRY_SECONDS, self._heartbeat_seconds)
            if target is None:
                return
            self._wake.wait(pause_seconds)

    def _update(self, target: str | None) -> None:
        """Registers, sends a heartbeat, changes the status or deregisters, as `target` requires."""
        if target is None:
            if self._registered_as is not None:
                self._client.deregister(self._instance)
                log.info("deregistered")
            return
        registered = self._registered_as is not None
        if registered and self._registered_as == target:
            registered = self._client.renew(self._instance)
        elif registered:
            registered = self._client.set_status(self._instance, target)
        if not registered:
            self._register(target)
        self._registered_as = target

    def _register(self, status: str) -> None:
        self._client.register(self._instance, status)
        if not self._override_removed and status == UP:
            # A process that was killed while draining has left this instance out of service.
            self._client.remove_override(self._instance)
            self._override_removed = True
        if self._registered_as is None:
            log.info("registered", extra={"status": status})
        else:
            log.warning("registered_again", extra={"status": status})

    def _log_change(self, failure: str | None) -> None:
        """Logs once for each outage that no registry responds, and that one does again."""
        was_reachable = self._reachable
        self._reachable = failure is None
        if failure is not None and was_reachable is not False:
            log.warning("registry_unreachable", extra={"detail": failure})
        elif failure is None and was_reachable is False:
            log.info("registry_recovered")
