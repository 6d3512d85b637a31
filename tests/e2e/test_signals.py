"""SIGHUP stops as SIGTERM does, and a signal during the start is not lost."""

import signal
import sys
import threading

import pytest

from harness.daemon import COMMAND, Daemon
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.stripe import Stripe, hang
from service import STRIPE_TIMEOUT_SECONDS, Service, daemon_settings

WORKERS = pytest.mark.parametrize("workers", ["1", "2"])
EXECUTE = """
import os, signal, sys
signal.signal(signal.SIGHUP, signal.{})
os.execv(sys.argv[1], sys.argv[1:])
"""


def with_hangup(action: str) -> list[str]:
    """Return the command that runs the daemon with this action for SIGHUP at its start."""
    return [sys.executable, "-c", EXECUTE.format(action), *COMMAND]


@WORKERS
def test_sighup_completes_accepted_requests(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, workers: str
) -> None:
    """On SIGHUP a payment in flight gets its response, then the daemon exits with 0."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    settings |= {"PAYCLI_WORKERS": workers}
    with Daemon(settings, command=with_hangup("SIG_DFL")) as daemon:
        daemon.wait_ready()
        service = Service(daemon, stand_in, kafka.bootstrap_servers, topic)
        stand_in.inject(hang(STRIPE_TIMEOUT_SECONDS / 2))
        statuses: list[int] = []
        payment = threading.Thread(
            target=lambda: statuses.append(
                service.create_payment({"amount": 100, "currency": "eur"}, "k").status
            )
        )
        payment.start()
        wait_until(lambda: bool(stand_in.requests), 5, "Stripe receives the request")
        daemon.process.signal(signal.SIGHUP)
        payment.join()
        assert daemon.process.wait(10) == 0
        assert statuses == [201]
        assert '"stopped"' in daemon.stderr_text()


@WORKERS
def test_sighup_is_ignored_under_nohup(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, workers: str
) -> None:
    """A daemon that was started with SIGHUP ignored, as nohup does, keeps serving."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    settings |= {"PAYCLI_WORKERS": workers}
    with Daemon(settings, command=with_hangup("SIG_IGN")) as daemon:
        daemon.wait_all_ready()
        daemon.process.signal(signal.SIGHUP)
        assert daemon.request("GET", "/readyz").status == 200
        assert daemon.stop() == 0


@WORKERS
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_during_the_start_is_a_graceful_stop(
    kafka: KafkaBroker, topic: str, stand_in: Stripe, workers: str, number: signal.Signals
) -> None:
    """A signal as soon as the address is bound ends the daemon with exit code 0."""
    settings = daemon_settings(stand_in.url, kafka.bootstrap_servers, topic)
    settings |= {"PAYCLI_WORKERS": workers}
    with Daemon(settings, command=with_hangup("SIG_DFL")) as daemon:
        wait_until(lambda: '"listening"' in daemon.stderr_text(), 10, "the address is bound")
        daemon.process.signal(number)
        assert daemon.process.wait(10) == 0
        assert '"stopped"' in daemon.stderr_text()
