"""`/actuator/health` and `/actuator/info`: health and build in Spring Boot Actuator's format.

https://docs.spring.io/spring-boot/api/rest/actuator/health.html and
https://docs.spring.io/spring-boot/api/rest/actuator/info.html
"""

from collections.abc import Callable

import falcon

from paycli import __version__
from paycli.services import Broker
from server.api.health import kafka_status, readiness
from server.metrics import Metrics
from server.metrics.definitions import REGISTRY_CONFIGURED, REGISTRY_REGISTERED

_STATUS = {"ready": "UP", "not_ready": "DOWN", "draining": "OUT_OF_SERVICE"}


class ActuatorHealthResource:
    """`GET /actuator/health`: the status of `/readyz`, and the state of each dependency."""

    def __init__(self, broker: Broker, metrics: Metrics, draining: Callable[[], bool]) -> None:
        self._broker = broker
        self._metrics = metrics
        self._draining = draining

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Returns 200 UP, else 503.

        An outage of Kafka shows in its component only, since payments do not need Kafka. The
        registry is a component if one is configured.
        """
        broker = self._broker.status()
        status = readiness(broker, draining=self._draining())
        kafka_up = broker.reachable and not broker.missing_topics
        response.status = falcon.HTTP_200 if status == "ready" else falcon.HTTP_503
        response.media = {
            "status": _STATUS[status],
            "components": {
                "kafka": {"status": "UP" if kafka_up else "DOWN", "details": kafka_status(broker)},
                **self._registry(),
            },
        }

    def _registry(self) -> dict[str, object]:
        """Reads the shared metrics, since one of the processes holds the registration for all."""
        if not self._metrics.value(REGISTRY_CONFIGURED):
            return {}
        return {"eureka": {"status": "UP" if self._metrics.value(REGISTRY_REGISTERED) else "DOWN"}}


class ActuatorInfoResource:
    """`GET /actuator/info`: the running build."""

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Returns name and version."""
        response.media = {"build": {"name": "paycli", "version": __version__}}
