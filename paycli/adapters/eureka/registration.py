"""One registration with Eureka, kept by a thread of its own: serving never waits for a registry."""

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
"""How many heartbeats may be missing before the registry evicts, as Spring's clients have it."""

RETRY_SECONDS = 5.0
CLOSE_SECONDS = 3.0
"""How long the end of the process waits for the registry. Without its word the lease runs out."""


def describe_instance(
    name: str, address: Address, heartbeat_seconds: float, version: str
) -> EurekaInstance:
    """What Spring's tools expect of an instance, with the addresses they follow."""
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
    """Registered from `start` to `close`. No method raises, and only `close` waits."""

    def __init__(
        self, client: EurekaClient, instance: EurekaInstance, heartbeat_seconds: float
    ) -> None:
        self._client = client
        self._instance = instance
        self._heartbeat_seconds = heartbeat_seconds
        self._wanted: str | None = UP  # None: to be gone
        self._told: str | None = None  # what the registry has of us
        self._lifted = False
        self._answering: bool | None = None
        self._woken = threading.Event()
        self._thread = threading.Thread(target=self._run, name="registry", daemon=True)

    @property
    def registered(self) -> bool:
        """Whether a registry has confirmed it with the last heartbeat."""
        return bool(self._told and self._answering)

    def start(self) -> None:
        """Registers, and sends heartbeats from then on."""
        self._thread.start()

    def take_out_of_service(self) -> None:
        """Tells callers to go elsewhere; the instance stays known and answers."""
        self._wanted = OUT_OF_SERVICE
        self._woken.set()

    def close(self) -> None:
        """Takes the instance out of the registry, within `CLOSE_SECONDS`."""
        self._wanted = None
        self._woken.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            self._woken.clear()
            wanted = self._wanted
            try:
                self._bring(wanted)
                self._note(None)
                pause_seconds = self._heartbeat_seconds
            except EurekaUnreachable as error:
                self._note(str(error))
                pause_seconds = min(RETRY_SECONDS, self._heartbeat_seconds)
            if wanted is None:
                return
            self._woken.wait(pause_seconds)

    def _bring(self, wanted: str | None) -> None:
        """Makes the registry know us as is wanted, or says that we are still there."""
        if wanted is None:
            if self._told is not None:
                self._client.deregister(self._instance)
                log.info("deregistered")
            return
        known = self._told is not None
        if known and self._told == wanted:
            known = self._client.renew(self._instance)
        elif known:
            known = self._client.set_status(self._instance, wanted)
        if not known:
            self._register(wanted)
        self._told = wanted

    def _register(self, wanted: str) -> None:
        self._client.register(self._instance, wanted)
        if not self._lifted and wanted == UP:
            # A run that was killed while it drained has left this address out of service.
            self._client.lift_status(self._instance)
            self._lifted = True
        if self._told is None:
            log.info("registered", extra={"status": wanted})
        else:
            log.warning("registered_again", extra={"status": wanted})

    def _note(self, failure: str | None) -> None:
        """Says once for each outage that no registry answers, and when one does again."""
        answered = self._answering
        self._answering = failure is None
        if failure is not None and answered is not False:
            log.warning("registry_unreachable", extra={"detail": failure})
        elif failure is None and answered is False:
            log.info("registry_recovered")
