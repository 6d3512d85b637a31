"""The access to Stripe that all use cases share: an in-flight limit and idempotency keys."""

import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from paycli.errors import Busy, IdempotencyKeyInvalid, IdempotencyKeyMissing
from paycli.payments.gateway import Gateway, StripeApi

_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,200}", re.ASCII)


class Access:
    """Opens Stripe for one request; above `max_in_flight` concurrent requests it raises Busy.

    `caller_names` are the names of the callers that have one; each has its own namespace of
    idempotency keys.
    """

    def __init__(
        self, gateway: Gateway, max_in_flight: int, caller_names: Collection[str] = ()
    ) -> None:
        self._gateway = gateway
        self._slots = threading.BoundedSemaphore(max_in_flight)
        self._prefixes = tuple(f"{name}:" for name in caller_names)

    @contextmanager
    def stripe(self, account: str | None) -> Iterator[StripeApi]:
        """Yields Stripe for one request; `account` is a connected account, None our own.

        Raises Busy immediately if the limit is reached.
        """
        if not self._slots.acquire(blocking=False):
            raise Busy(
                "too many requests to Stripe are in flight in this process; retry in a second"
            )
        try:
            yield self._gateway.open(account)
        finally:
            self._slots.release()

    def idempotency_key(self, key: str | None, caller: str | None) -> str:
        """Returns the key to send to Stripe: `caller:KEY` for a named caller, else `KEY`.

        The prefix prevents two callers from sharing a key. Raises IdempotencyKeyMissing,
        IdempotencyKeyInvalid.
        """
        if not key:
            raise IdempotencyKeyMissing(
                "the header Idempotency-Key is missing: send a unique key for this request, and "
                "the same key when you retry it"
            )
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise IdempotencyKeyInvalid(
                "the idempotency key must be 1 to 200 printable ASCII characters"
            )
        if caller:
            return f"{caller}:{key}"
        if key.startswith(self._prefixes):
            raise IdempotencyKeyInvalid(
                "the idempotency key starts with the name of another caller: use a different prefix"
            )
        return key
