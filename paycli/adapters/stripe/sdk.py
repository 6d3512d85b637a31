"""Stripe's SDK: imported without the HTTP library that it depends on, and its way to send.

The SDK imports `requests` if it is installed, which it always is, as the SDK requires it. Our own
HTTP client replaces it; without the import, start-up takes 0.2 s and 8 MiB less. An entry of None
makes Python treat a module as not importable:
https://docs.python.org/3/reference/import.html#the-module-cache.
"""

import logging
import sys
from collections.abc import Mapping

_absent = "requests" not in sys.modules
if _absent:
    sys.modules["requests"] = None  # type: ignore[assignment]  # typeshed knows only modules
try:
    import stripe
finally:
    if _absent:
        del sys.modules["requests"]

# With STRIPE_LOG set, the SDK would print or log requests and responses, client secrets included.
stripe._util.STRIPE_LOG = None  # noqa: SLF001
logging.getLogger("stripe").setLevel(logging.CRITICAL)
# With telemetry, each request would report the timings of earlier ones and the host's platform.
stripe.enable_telemetry = False

__all__ = ["raw_request", "stripe"]


def raw_request(
    client: stripe.StripeClient,
    method: str,
    path: str,
    params: Mapping[str, object],
    options: stripe.RequestOptions,
) -> stripe.StripeResponse:
    """Sends a request with exactly these parameters. Raises StripeError.

    The SDK's own `StripeClient.raw_request` does the same, but has parameters and options in one
    mapping, and never sends parameters of the names that it uses itself, such as `usage`.
    """
    requestor = client._requestor  # noqa: SLF001  (what its raw_request uses)
    body, status, headers = requestor.request_raw(
        method, path, params, options, base_address="api", api_mode="V1"
    )
    return requestor._interpret_response(body, status, headers, "V1")  # noqa: SLF001  (the same)
