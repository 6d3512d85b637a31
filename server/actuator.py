"""`/actuator/health` and `/actuator/info`: what Spring's tools ask, in the words they expect.

https://docs.spring.io/spring-boot/api/rest/actuator/health.html and `info.html` beside it.
"""

from collections.abc import Callable

import falcon

from paycli import __version__
from paycli.services import Broker
from server.health import readiness

_STATUS = {"ready": "UP", "not_ready": "DOWN", "draining": "OUT_OF_SERVICE"}


class ActuatorHealthResource:
    """`GET /actuator/health`: the word of `/readyz`, with the state of each thing it leans on."""

    def __init__(self, broker: Broker, draining: Callable[[], bool]) -> None:
        self._broker = broker
        self._draining = draining

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """200 UP, else 503. An outage of Kafka shows in its component: payments work without it."""
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
                }
            },
        }


class ActuatorInfoResource:
    """`GET /actuator/info`: what runs here."""

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Name and version, as Spring Boot shows a build."""
        response.media = {"build": {"name": "paycli", "version": __version__}}
