"""Idempotency keys: https://docs.stripe.com/api/idempotent_requests."""

from dataclasses import dataclass, replace
from itertools import islice

from paycli.sandbox.standin.messages import Reply
from paycli.sandbox.standin.refusals import Refusal
from paycli.sandbox.standin.resources.payment_objects import Scope

LIFETIME_SECONDS = 86_400
MAX_KEY_LENGTH = 255
REMEMBERED_KEYS = 20_000
FORGOTTEN_AT_A_TIME = 1000


@dataclass(slots=True)
class Work:
    """The first request with a key, and its reply once there is one."""

    place: tuple[Scope, str]
    request: tuple[str, bytes]
    request_id: str
    at: int
    reply: Reply | None = None


class Keys:
    """The keys of all accounts. A key is its account's and mode's own."""

    def __init__(self) -> None:
        self._works: dict[tuple[Scope, str], Work] = {}

    def begin(
        self, scope: Scope, key: str, request: tuple[str, bytes], request_id: str, now: int
    ) -> Work | Reply:
        """The work to do, or the reply of the first request with this key.

        `request` is path and body. Each `Work` must come back to `end` or `forget`.

        Raises:
            Refusal: the key is of another request (400), or of one that still runs (409).
        """
        if not 0 < len(key) <= MAX_KEY_LENGTH:
            raise Refusal(f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} characters.")
        place = (scope, key)
        first = self._works.get(place)
        if first is None or (first.reply and now - first.at >= LIFETIME_SECONDS):
            work = self._works[place] = Work(place, request, request_id, now)
            return work
        if first.request != request:
            raise Refusal(
                "Keys for idempotent requests can only be used with the same endpoint and "
                f"parameters as the first time: take another key than '{key}'.",
                kind="idempotency_error",
            )
        if first.reply is None:
            raise Refusal(
                f"Another request with the Idempotency-Key '{key}' is still in progress.",
                status=409,
                code="idempotency_key_in_use",
            )
        replayed = {"Idempotent-Replayed": "true", "Original-Request": first.request_id}
        return replace(first.reply, headers={**first.reply.headers, **replayed})

    def end(self, work: Work, reply: Reply) -> None:
        """Keeps the reply for whoever comes with the same key."""
        work.reply = reply
        if len(self._works) > REMEMBERED_KEYS + FORGOTTEN_AT_A_TIME:
            done = (place for place, it in self._works.items() if it.reply)
            for place in list(islice(done, FORGOTTEN_AT_A_TIME)):
                del self._works[place]

    def forget(self, work: Work) -> None:
        """Leaves the key free: the work was not begun."""
        del self._works[work.place]
