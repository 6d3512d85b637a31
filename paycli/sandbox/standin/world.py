"""Everything that Stripe remembers here, in memory: objects by id and kind, ids, time, events."""

import random
import string
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from paycli.sandbox.standin.messages import to_json
from paycli.sandbox.standin.rendering import rendered
from paycli.sandbox.standin.resources.payment_objects import (
    BY_ITSELF,
    ChargeState,
    EmittedEvent,
    ObjectState,
    Origin,
    Scope,
)

API_VERSION = "2026-10-28.endive"
OWN_ACCOUNT = "acct_1SandboxOwnAccount"
FORGOTTEN_AT_A_TIME = 1000
_ALPHABET = string.ascii_letters + string.digits
_OPENING = tuple(f"{a}{b}" for a in _ALPHABET for b in _ALPHABET)

Object = TypeVar("Object", bound=ObjectState)


class Timer(Protocol):
    """Calls something later, in the thread of the world."""

    def __call__(self, seconds: float, action: Callable[[], None]) -> None:
        """After so many seconds."""


class World:
    """One Stripe. It belongs to one thread; only `emitted` reaches outside.

    In: the seed of its ids and choices, None for others each time; the accounts' API version; the
    address that its pages have; the seconds that slow things such as bank debits take; how many
    events it remembers, at least.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        api_version: str = API_VERSION,
        url: str = "",
        settle_seconds: float = 1.0,
        remembered_events: int = 20_000,
    ) -> None:
        # Not for security: ids must only differ, and with a seed be the same each time.
        self.random = random.Random(seed)  # noqa: S311  (see above)
        self.api_version = api_version
        self.url = url
        self.settle_seconds = settle_seconds
        self.clock_offset_seconds = 0
        self.emitted: Callable[[EmittedEvent], None] = lambda _: None
        self.later: Timer = lambda _seconds, _action: None
        self.objects: dict[str, ObjectState] = {}
        self.events_of: defaultdict[str, list[EmittedEvent]] = defaultdict(list)
        self._kinds: defaultdict[type[ObjectState], list[ObjectState]] = defaultdict(list)
        self._number = 0
        self._remembered_events = remembered_events

    def now(self) -> int:
        """Unix seconds of the world's clock."""
        return int(time.time()) + self.clock_offset_seconds

    def id(self, prefix: str) -> str:
        """A new id, such as `pi_…`, as long as Stripe's."""
        # Two letters at a time: ids are a good part of the cost of a payment.
        return prefix + "".join(self.random.choices(_OPENING, k=12))

    def next_number(self) -> int:
        """The number of the next object; it grows."""
        self._number += 1
        return self._number

    def keep(self, it: Object) -> Object:
        """Remembers a new object."""
        self.objects[it.id] = it
        self._kinds[type(it)].append(it)
        return it

    def find(self, kind: type[Object], identity: object, scope: Scope) -> Object | None:
        """The object of this kind and id, if this account and mode may see it."""
        found = self.objects.get(identity) if isinstance(identity, str) else None
        return found if isinstance(found, kind) and found.scope == scope else None

    def all_of(
        self, kind: type[Object], *, before: int | None = None, after: int | None = None
    ) -> Iterator[Object]:
        """Objects of a kind, newest first, with numbers below `before` and above `after`."""
        kept = self._kinds[kind]
        stop = len(kept) if before is None else bisect_left(kept, before, key=_number)
        start = 0 if after is None else bisect_left(kept, after + 1, key=_number)
        return (kept[i] for i in range(stop - 1, start - 1, -1))  # type: ignore[misc]  # by kind

    def emit(
        self,
        event_type: str,
        it: ObjectState,
        origin: Origin = BY_ITSELF,
        *,
        subject: str | None = None,
        previous: Mapping[str, object] | None = None,
    ) -> EmittedEvent:
        """Makes an event about an object as it is now; `subject` is the payment it belongs to."""
        scope = it.scope
        created = self.now()
        identity = self.id("evt_")
        connected = b'"account":"%b",' % scope.account.encode() if _connected(scope) else b""
        changed = b',"previous_attributes":%b' % to_json(previous) if previous is not None else b""
        head = (
            b'{"id":"%b","object":"event",%b"api_version":"%b","created":%d,"data":{"object":%b%b},"livemode":%b,"pending_webhooks":'
            % (
                identity.encode(),
                connected,
                self.api_version.encode(),
                created,
                rendered(it),
                changed,
                b"true" if scope.livemode else b"false",
            )
        )
        request = to_json({"id": origin.request_id, "idempotency_key": origin.idempotency_key})
        event = EmittedEvent(
            id=identity,
            scope=scope,
            created=created,
            number=self.next_number(),
            type=event_type,
            subject=subject or it.id,
            head=head,
            tail=b',"request":%b,"type":"%b"}' % (request, event_type.encode()),
        )
        if isinstance(it, ChargeState):
            it.rendered = None  # charges are seldom asked for, and their JSON is the largest
        self.keep(event)
        self.events_of[event.subject].append(event)
        self._forget_old_events()
        self.emitted(event)
        return event

    def _forget_old_events(self) -> None:
        events = self._kinds[EmittedEvent]
        if len(events) <= self._remembered_events + FORGOTTEN_AT_A_TIME:
            return
        for event in events[:FORGOTTEN_AT_A_TIME]:
            assert isinstance(event, EmittedEvent)
            del self.objects[event.id]
            rest = self.events_of[event.subject]
            rest.remove(event)
            if not rest:
                del self.events_of[event.subject]
        del events[:FORGOTTEN_AT_A_TIME]


def changed(it: ObjectState) -> None:
    """Says that an object's state is another, so that its JSON is made anew."""
    it.rendered = None


def _connected(scope: Scope) -> bool:
    return scope.account != OWN_ACCOUNT


def _number(it: ObjectState) -> int:
    return it.number
