"""HTTP client for a daemon: posts webhooks to it as Stripe does, and checks its readiness."""

import urllib.error
import urllib.request
from http.client import HTTPException

from pydantic_core import from_json

from paycli.errors import PaycliError
from paycli.models import WebhookResponse
from paycli.routes import WEBHOOK_PATH

_PROBE_SECONDS = 2.0


class DaemonNotReached(PaycliError):
    """No daemon responds at the address."""

    code = "daemon_not_reached"


def post_webhook(
    url: str, body: bytes, signature_header: str, timeout_seconds: float
) -> WebhookResponse:
    """Posts a webhook to the daemon at `url` (without a path). Raises DaemonNotReached."""
    request = urllib.request.Request(  # noqa: S310  (the operator's own address)
        url.rstrip("/") + WEBHOOK_PATH,
        data=body,
        headers={"Content-Type": "application/json", "Stripe-Signature": signature_header},
    )
    try:
        try:
            response = _opener().open(request, timeout=timeout_seconds)
        except urllib.error.HTTPError as refused:
            response = refused
        with response:
            return _webhook_response(response.status, response.read())
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise DaemonNotReached(
            f"no daemon answers at {url} ({reason}): start one, or name it with --url"
        ) from error


def readiness_status(url: str) -> int | None:
    """Returns the status code of `/readyz` at `url` (without a path), None without a response."""
    try:
        with _opener().open(f"{url.rstrip('/')}/readyz", timeout=_PROBE_SECONDS) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, HTTPException, ValueError):
        return None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirect is the response: Stripe follows none, and neither do probes."""

    def redirect_request(self, *_: object) -> None:
        """Returns no further request, so that the response raises HTTPError."""


def _opener() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def _webhook_response(status: int, body: bytes) -> WebhookResponse:
    try:
        parsed = from_json(body)
    except ValueError:
        parsed = None
    fields = parsed if isinstance(parsed, dict) else {}
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    return WebhookResponse(status, texts.get("outcome"), texts.get("code"), texts.get("detail"))
