"""`/healthz` and `/readyz`: liveness and readiness probes, without a token."""

from collections.abc import Callable
from typing import Literal

import falcon

from paycli.models import BrokerStatus
from paycli.services import Broker


def readiness(broker: BrokerStatus, *, draining: bool) -> Literal["ready", "not_ready", "draining"]:
    """Returns whether the daemon accepts traffic, and if not, why."""
    if draining:
        return "draining"
    return "ready" if broker.ready else "not_ready"


def kafka_status(broker: BrokerStatus) -> dict[str, object]:
    """Returns the current state of the connection to Kafka as JSON fields."""
    return {"reachable": broker.reachable, "missing_topics": list(broker.missing_topics)}


class HealthResource:
    """`GET /healthz`: whether the process is alive. A Kafka outage does not change it."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Returns 200 `ok`, or 503 `stuck` if delivery reports are not polled: restart it."""
        alive = self._broker.status().alive
        response.status = falcon.HTTP_200 if alive else falcon.HTTP_503
        response.media = {"status": "ok" if alive else "stuck"}


class ReadyResource:
    """`GET /readyz`: whether the daemon is ready.

    It is once Kafka has responded and the topic exists, until it drains.
    """

    def __init__(self, broker: Broker, draining: Callable[[], bool]) -> None:
        self._broker = broker
        self._draining = draining

    def on_get(self, _request: falcon.Request, response: falcon.Response) -> None:
        """Returns 200 or 503; a later outage of Kafka shows in the body only."""
        broker = self._broker.status()
        status = readiness(broker, draining=self._draining())
        response.status = falcon.HTTP_200 if status == "ready" else falcon.HTTP_503
        response.media = {"status": status, "kafka": kafka_status(broker)}
