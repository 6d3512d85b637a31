"""Who gets in without a token: only the paths that are named, in the one way they are written."""

from typing import NoReturn

import falcon.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.healthy_broker import HealthyBroker
from harness.in_process import services_over
from paycli.models import Acknowledgement, Record
from server.app import create_app
from server.metrics import Metrics

REACHED = 500


class Reached(Exception):
    """A use case was called."""


class Marks(HealthyBroker):
    """A gateway, publisher and broker, each call of which shows in the answer as a 500."""

    def open(self, account: str | None) -> NoReturn:
        """Mark."""
        self._mark(account)

    def publish(self, record: Record) -> Acknowledgement:
        """Mark."""
        self._mark(record)

    def _mark(self, *_given: object) -> NoReturn:
        raise Reached


def client() -> falcon.testing.TestClient:
    """Return a client of an application in which a use case that is called shows."""
    marks = Marks()
    services = services_over(marks)
    return falcon.testing.TestClient(
        create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=1024)
    )


CLIENT = client()
SPELLINGS = [
    "//api/v1/payments/pi_1",
    "///api/v1/payments/pi_1",
    "/%2Fapi/v1/payments/pi_1",
    "/%61pi/v1/payments/pi_1",
    "/api//v1/payments/pi_1",
    "/./api/v1/payments/pi_1",
    "/healthz/../api/v1/payments/pi_1",
    "/healthz/..%2f..%2fapi/v1/payments/pi_1",
    "/api/v1/payments/pi_1;/healthz",
    "/api/v1/payments/pi_1?/healthz",
    "/api/v1/stripe/events/../../payments/pi_1",
    "/api/v1/stripe/events%2f..%2f..%2fpayments/pi_1",
    "/API/V1/payments/pi_1",
    "//healthz",
    "/nowhere",
]


def test_the_mark_shows() -> None:
    """The control: with a token the use case is reached."""
    reached = CLIENT.simulate_get(
        "/api/v1/payments/pi_1", headers={"Authorization": "Bearer token"}
    )
    assert reached.status_code == REACHED


@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_of_a_path_gets_in_without_a_token(path: str) -> None:
    """No slashes, dots or escapes lead around the token, with none or a wrong one."""
    for headers in ({}, {"Authorization": "Bearer tok"}, {"Authorization": "Bearer token, token"}):
        assert CLIENT.simulate_get(path, headers=headers).status_code == 401


PIECES = st.sampled_from(
    ["/", "//", "api", "v1", "payments", "pi_1", "stripe", "events", "healthz", "..", ".", "%2f"]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=12), st.sampled_from(["GET", "POST"]))
def test_no_path_at_all_gets_in_without_a_token(pieces: list[str], method: str) -> None:
    """Whatever the path, without a token no payment is touched."""
    told = CLIENT.simulate_request(method, "/" + "".join(pieces).replace("?", ""))
    assert told.status_code != REACHED
