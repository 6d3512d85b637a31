"""A daemon with a wrong clock refuses webhooks outside the tolerance and loses none."""

from pathlib import Path

import pytest

from chaos import clock
from harness.daemon import Daemon
from harness.deliveries import payment_deliveries
from harness.kafka_broker import KafkaBroker
from harness.kafka_records import read_records
from harness.sender import Delivery, send
from service import EVENTS, SECRET, daemon_settings

WITHIN_SECONDS, BEYOND_SECONDS = 200, 400

pytestmark = pytest.mark.skipif(not clock.available(), reason=clock.MISSING)


def test_a_wrong_clock_loses_no_event(kafka: KafkaBroker, topic: str, tmp_path: Path) -> None:
    """A clock off by more than the tolerance means 400, so Stripe redelivers; otherwise 200."""
    shifted = clock.Clock(tmp_path)
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    deliveries = payment_deliveries(100, SECRET)
    accepted: set[str] = set()
    with Daemon({**settings, **shifted.environment}) as daemon:
        daemon.wait_ready()

        def status(delivery: Delivery) -> int | None:
            [outcome] = send([delivery], daemon.url + EVENTS)
            if outcome.accepted:
                accepted.add(outcome.event_id)
            return outcome.status

        assert status(next(deliveries)) == 200
        for offset_seconds in (WITHIN_SECONDS, -WITHIN_SECONDS):
            shifted.move(offset_seconds)
            assert {status(next(deliveries)) for _ in range(5)} == {200}
        for offset_seconds in (BEYOND_SECONDS, -BEYOND_SECONDS, 86_400, -86_400):
            shifted.move(offset_seconds)
            refused = next(deliveries)
            assert status(refused) == 400
            shifted.move(0)
            assert status(refused) == 200
        assert daemon.stop() == 0
    stored = [record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)]
    assert sorted(filter(None, stored)) == sorted(accepted)
