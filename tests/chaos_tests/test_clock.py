"""A daemon whose clock is wrong refuses what it can't date, and nothing worse."""

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


def test_a_wrong_clock_costs_no_event(kafka: KafkaBroker, topic: str, tmp_path: Path) -> None:
    """Off by more than the tolerance: 400, so Stripe keeps it; by less, or right again: 200."""
    moved = clock.Clock(tmp_path)
    settings = daemon_settings("http://127.0.0.1:9", kafka.bootstrap_servers, topic)
    deliveries = payment_deliveries(100, SECRET)
    taken: set[str] = set()
    with Daemon({**settings, **moved.environment}) as daemon:
        daemon.wait_ready()

        def status(delivery: Delivery) -> int | None:
            [outcome] = send([delivery], daemon.url + EVENTS)
            if outcome.accepted:
                taken.add(outcome.event_id)
            return outcome.status

        assert status(next(deliveries)) == 200
        for offset_seconds in (WITHIN_SECONDS, -WITHIN_SECONDS):
            moved.move(offset_seconds)
            assert {status(next(deliveries)) for _ in range(5)} == {200}
        for offset_seconds in (BEYOND_SECONDS, -BEYOND_SECONDS, 86_400, -86_400):
            moved.move(offset_seconds)
            refused = next(deliveries)
            assert status(refused) == 400
            moved.move(0)
            assert status(refused) == 200
        assert daemon.stop() == 0
    stored = [record.header("ce_id") for record in read_records(kafka.bootstrap_servers, topic)]
    assert sorted(filter(None, stored)) == sorted(taken)
