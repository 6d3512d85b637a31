"""`/healthz` and `/readyz`: for probes, without a token."""

from collections.abc import Callable
from typing import Literal

import falcon

from paycli.models import BrokerStatus
from paycli.services import Broker


def readiness(broker: BrokerStatus, *, draining: bool) -> Literal["ready", "not_ready", "draining"]:
    """Whether the daemon wants traffic."""
    if draining:
        return "draining"
    return "ready" if broker.ready else "not_ready"


class HealthResource:
    """`GET /healthz`: the process answers and can publish; whether Kafka does is another matter."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """200 `ok`, or 503 `stuck` when acknowledgements are not taken in: a restart helps."""
        alive = self._broker.status().alive
        response.status = falcon.HTTP_200 if alive else falcon.HTTP_503
        response.media = {"status": "ok" if alive else "stuck"}


class ReadyResource:
    """`GET /readyz`: 200 once Kafka has answered and the topic was there, until draining."""

    def __init__(self, broker: Broker, draining: Callable[[], bool]) -> None:
        self._broker = broker
        self._draining = draining

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Says ready or not, and what Kafka is like now; a later outage shows in the body only."""
        broker = self._broker.status()
        status = readiness(broker, draining=self._draining())
        response.status = falcon.HTTP_200 if status == "ready" else falcon.HTTP_503
        response.media = {
            "status": status,
            "kafka": {
                "reachable": broker.reachable,
                "missing_topics": list(broker.missing_topics),
            },
        }
