"""`/actuator/health` and `/actuator/info`: what Spring's tools ask, in the words they expect.

https://docs.spring.io/spring-boot/api/rest/actuator/health.html and `info.html` beside it.
"""

from collections.abc import Callable

import falcon

from paycli import __version__
from paycli.services import Broker
from server.api.health import readiness
from server.metrics import MetricsRecorder
from server.metrics.definitions import REGISTRY_CONFIGURED, REGISTRY_REGISTERED

_STATUS = {"ready": "UP", "not_ready": "DOWN", "draining": "OUT_OF_SERVICE"}


class ActuatorHealthResource:
    """`GET /actuator/health`: the word of `/readyz`, with the state of each thing it leans on."""

    def __init__(
        self, broker: Broker, recorder: MetricsRecorder, draining: Callable[[], bool]
    ) -> None:
        self._broker = broker
        self._recorder = recorder
        self._draining = draining

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """200 UP, else 503. An outage shows in its component only, as payments go on without it.

        The registry is a component where one is set.
        """
        broker = self._broker.status()
        ready = readiness(broker, draining=self._draining())
        reachable = broker.reachable and not broker.missing_topics
        response.status = falcon.HTTP_200 if ready == "ready" else falcon.HTTP_503
        response.media = {
            "status": _STATUS[ready],
            "components": {
                "kafka": {
                    "status": "UP" if reachable else "DOWN",
                    "details": {
                        "reachable": broker.reachable,
                        "missing_topics": list(broker.missing_topics),
                    },
                },
                **self._registry(),
            },
        }

    def _registry(self) -> dict[str, object]:
        """From the board, since one of the processes keeps the registration for all."""
        metrics = self._recorder.metrics
        if not metrics.value(REGISTRY_CONFIGURED):
            return {}
        return {"eureka": {"status": "UP" if metrics.value(REGISTRY_REGISTERED) else "DOWN"}}


class ActuatorInfoResource:
    """`GET /actuator/info`: what runs here."""

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Name and version, as Spring Boot shows a build."""
        response.media = {"build": {"name": "paycli", "version": __version__}}
