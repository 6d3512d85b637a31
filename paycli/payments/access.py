"""What every use case shares on its way to Stripe: a limit on requests in flight, and keys."""

import re
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from paycli.errors import Busy, IdempotencyKeyInvalid, IdempotencyKeyMissing
from paycli.payments.gateway import Gateway, StripeApi

_IDEMPOTENCY_KEY = re.compile(r"[\x20-\x7e]{1,200}", re.ASCII)


class Access:
    """Opens Stripe for one request; more than `max_in_flight` at a time raise Busy at once.

    `caller_names` are the callers that have a name, and so idempotency keys of their own.
    """

    def __init__(
        self, gateway: Gateway, max_in_flight: int, caller_names: Collection[str] = ()
    ) -> None:
        self._gateway = gateway
        self._slots = threading.BoundedSemaphore(max_in_flight)
        self._prefixes = tuple(f"{name}:" for name in caller_names)

    @contextmanager
    def stripe(self, account: str | None) -> Iterator[StripeApi]:
        """Stripe for one request; `account` is a connected account, None our own. Raises Busy."""
        if not self._slots.acquire(blocking=False):
            raise Busy("too many payments are in flight here; try again in a second")
        try:
            yield self._gateway.open(account)
        finally:
            self._slots.release()

    def idempotency_key(self, key: str | None, caller: str | None) -> str:
        """The idempotency key as Stripe gets it: `caller:KEY` for a named caller, else `KEY`.

        So two callers never share a key. Raises IdempotencyKeyMissing, IdempotencyKeyInvalid.
        """
        if not key:
            raise IdempotencyKeyMissing(
                "the header Idempotency-Key is missing: send one that is your own for this "
                "request, and the same one again when you repeat it"
            )
        if not _IDEMPOTENCY_KEY.fullmatch(key):
            raise IdempotencyKeyInvalid(
                "the idempotency key must be 1 to 200 printable ASCII characters"
            )
        if caller:
            return f"{caller}:{key}"
        if key.startswith(self._prefixes):
            raise IdempotencyKeyInvalid(
                "the idempotency key begins with the name of another caller: begin it differently"
            )
        return key
