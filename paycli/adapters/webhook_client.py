"""Posts a webhook to a daemon, as Stripe would, and asks whether it is ready."""

import json
import urllib.error
import urllib.request
from http.client import HTTPException

from paycli.errors import PaycliError
from paycli.models import WebhookResponse
from paycli.routes import WEBHOOK_PATH

_PROBE_SECONDS = 2.0


class DaemonNotReached(PaycliError):
    """No daemon answers at the address."""

    code = "daemon_not_reached"


def post_webhook(
    url: str, body: bytes, signature_header: str, timeout_seconds: float
) -> WebhookResponse:
    """Posts to the daemon at `url` (without a path). Raises DaemonNotReached."""
    request = urllib.request.Request(  # noqa: S310  (the operator's own address)
        url.rstrip("/") + WEBHOOK_PATH,
        data=body,
        headers={"Content-Type": "application/json", "Stripe-Signature": signature_header},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout_seconds) as response:
            return _answer(response.status, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.read())
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise DaemonNotReached(
            f"no daemon answers at {url} ({reason}): start one, or name it with --url"
        ) from error


def readiness_status(url: str) -> int | None:
    """The status of `/readyz` at `url` (without a path), None without an answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{url.rstrip('/')}/readyz", timeout=_PROBE_SECONDS) as response:
            status: int = response.status
            return status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except (OSError, HTTPException, ValueError):
        return None


def _answer(status: int, body: bytes) -> WebhookResponse:
    try:
        told = json.loads(body)
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    return WebhookResponse(status, told.get("outcome"), told.get("code"), told.get("detail"))
