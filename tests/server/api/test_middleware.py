"""Only the open paths need no token, in exactly one spelling each."""

import hmac
from types import SimpleNamespace

import falcon.testing
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.detecting_backend import REACHED, DetectingBackend
from harness.in_process import services_over
from paycli.errors import Unauthorized
from server.api import middleware
from server.app import create_app
from server.metrics import Metrics


def client() -> falcon.testing.TestClient:
    """Returns a client of an application in which calling a use case results in a 500."""
    services = services_over(DetectingBackend())
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
    "/unknown",
]


def test_a_valid_token_reaches_the_use_case() -> None:
    """The control: reaching a use case is detected."""
    response = CLIENT.simulate_get(
        "/api/v1/payments/pi_1", headers={"Authorization": "Bearer token"}
    )
    assert response.status_code == REACHED


@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_of_a_path_bypasses_authentication(path: str) -> None:
    """Slashes, dots and escapes do not avoid the 401, without a token or with a wrong one."""
    for headers in ({}, {"Authorization": "Bearer tok"}, {"Authorization": "Bearer token, token"}):
        assert CLIENT.simulate_get(path, headers=headers).status_code == 401


def test_nothing_behind_a_token_is_cached() -> None:
    """Errors have `Cache-Control: no-store` too, with and without a token; open paths do not."""
    token = {"Authorization": "Bearer token"}
    paths = {"/api/v1/payments/pi_1": REACHED, "/api/v1/none": 404}
    for path, status in paths.items():
        for headers, expected in ((token, status), ({}, 401)):
            response = CLIENT.simulate_get(path, headers=headers)
            assert response.status_code == expected
            assert response.headers["cache-control"] == "no-store"
    assert "cache-control" not in CLIENT.simulate_get("/healthz").headers


@pytest.mark.parametrize("sent", ["token-1", "token-2", "token-3", "token-4", ""])
def test_every_token_is_compared_in_constant_time(
    sent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is sent is compared with all tokens by compare_digest, whether or not one matches."""
    compared: list[tuple[bytes, bytes]] = []

    def compare_digest(known: bytes, token: bytes) -> bool:
        compared.append((known, token))
        return hmac.compare_digest(known, token)

    monkeypatch.setattr(middleware, "hmac", SimpleNamespace(compare_digest=compare_digest))
    tokens = ["token-1", "token-2", "token-3"]
    guard = middleware.Authentication(dict.fromkeys(tokens))
    headers = {"Authorization": f"Bearer {sent}"}
    request = falcon.Request(falcon.testing.create_environ("/api/v1/payments", headers=headers))
    request.context.log_fields = {}
    try:
        guard.process_request(request, falcon.Response())
    except Unauthorized:
        assert sent not in tokens
    else:
        assert sent in tokens
    assert compared == [(token.encode(), sent.encode()) for token in tokens]


PIECES = st.sampled_from(
    ["/", "//", "api", "v1", "payments", "pi_1", "stripe", "events", "healthz", "..", ".", "%2f"]
)


@given(st.lists(PIECES | st.text(max_size=3), max_size=12), st.sampled_from(["GET", "POST"]))
def test_no_path_reaches_a_payment_without_a_token(pieces: list[str], method: str) -> None:
    """For any path, a request without a token reaches no use case."""
    response = CLIENT.simulate_request(method, "/" + "".join(pieces).replace("?", ""))
    assert response.status_code != REACHED
