"""The data of one stand-in: objects by id and class, ids, clock and events."""

import random
import string
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, TypeVar

from paycli.sandbox.standin.http.messages import to_json
from paycli.sandbox.standin.store.events import EmittedEvent
from paycli.sandbox.standin.store.objects import (
    NO_REQUEST,
    ObjectState,
    RequestOrigin,
    Scope,
)
from paycli.sandbox.standin.store.rendering import render

API_VERSION = "2026-10-28.endive"
OWN_ACCOUNT = "acct_1SandboxOwnAccount"
EVICTION_BATCH = 1000
_ALPHABET = string.ascii_letters + string.digits
_LETTER_PAIRS = tuple(f"{a}{b}" for a in _ALPHABET for b in _ALPHABET)

AnyState = TypeVar("AnyState", bound=ObjectState)


class Schedule(Protocol):
    """Calls an action later, in the store's thread."""

    def __call__(self, seconds: float, action: Callable[[], None]) -> None:
        """Calls `action` after `seconds`."""


class Store:
    """The data of all accounts. Used by one thread only.

    Args: the seed of ids and random choices (None: different each time); the accounts' API
    version; the base URL of the payment pages; the seconds that slow operations such as bank
    debits take; the minimum number of events to keep.

    `on_event` is called with each new event, `schedule` runs delayed actions.
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
        # Not for security: ids must only differ, and be the same each time with a seed.
        self.random = random.Random(seed)  # noqa: S311  (see above)
        self.api_version = api_version
        self.url = url
        self.settle_seconds = settle_seconds
        self.clock_offset_seconds = 0
        self.on_event: Callable[[EmittedEvent], None] = lambda _: None
        self.schedule: Schedule = lambda _seconds, _action: None
        self.objects: dict[str, ObjectState] = {}
        self.events_by_subject: defaultdict[str, list[EmittedEvent]] = defaultdict(list)
        self._by_class: defaultdict[type[ObjectState], list[ObjectState]] = defaultdict(list)
        self._number = 0
        self._remembered_events = remembered_events

    def now(self) -> int:
        """The store's clock in Unix seconds."""
        return int(time.time()) + self.clock_offset_seconds

    def new_id(self, prefix: str) -> str:
        """A new id, such as `pi_…`, as long as Stripe's."""
        # Two letters at a time: generating ids is a large part of the cost of a payment.
        return prefix + "".join(self.random.choices(_LETTER_PAIRS, k=12))

    def next_number(self) -> int:
        """The number of the next object; it grows."""
        self._number += 1
        return self._number

    def add(self, state: AnyState) -> AnyState:
        """Adds a new object and returns it."""
        self.objects[state.id] = state
        self._by_class[type(state)].append(state)
        return state

    def find(self, kind: type[AnyState], object_id: object, scope: Scope) -> AnyState | None:
        """The object of this class and id, if it is in the scope."""
        found = self.objects.get(object_id) if isinstance(object_id, str) else None
        return found if isinstance(found, kind) and found.scope == scope else None

    def newest_first(
        self, kind: type[AnyState], *, before: int | None = None, after: int | None = None
    ) -> Iterator[AnyState]:
        """Objects of a class, newest first, with numbers below `before` and above `after`."""
        states = self._by_class[kind]
        stop = len(states) if before is None else bisect_left(states, before, key=_number)
        start = 0 if after is None else bisect_left(states, after + 1, key=_number)
        return (states[i] for i in range(stop - 1, start - 1, -1))  # type: ignore[misc]  # by class

    def emit(
        self,
        event_type: str,
        state: ObjectState,
        origin: RequestOrigin = NO_REQUEST,
        *,
        subject: str | None = None,
        previous: Mapping[str, object] | None = None,
    ) -> EmittedEvent:
        """Adds an event with the object's current JSON, and passes it to `on_event`.

        `subject` is the id of the payment that the object belongs to (None: the object itself),
        `previous` the event's `previous_attributes`.
        """
        event = self._new_event(event_type, state, origin, subject or state.id, previous)
        self.add(event)
        self.events_by_subject[event.subject].append(event)
        self._evict_old_events()
        self.on_event(event)
        return event

    def _new_event(
        self,
        event_type: str,
        state: ObjectState,
        origin: RequestOrigin,
        subject: str,
        previous: Mapping[str, object] | None,
    ) -> EmittedEvent:
        scope, created, event_id = state.scope, self.now(), self.new_id("evt_")
        account = (
            b"" if scope.account == OWN_ACCOUNT else b'"account":"%b",' % scope.account.encode()
        )
        changes = b"" if previous is None else b',"previous_attributes":%b' % to_json(previous)
        head = (
            b'{"id":"%b","object":"event",%b"api_version":"%b","created":%d,'
            b'"data":{"object":%b%b},"livemode":%b,"pending_webhooks":'
        ) % (
            event_id.encode(),
            account,
            self.api_version.encode(),
            created,
            render(state),
            changes,
            b"true" if scope.livemode else b"false",
        )
        request = to_json({"id": origin.request_id, "idempotency_key": origin.idempotency_key})
        return EmittedEvent(
            id=event_id,
            scope=scope,
            created=created,
            number=self.next_number(),
            type=event_type,
            subject=subject,
            head=head,
            tail=b',"request":%b,"type":"%b"}' % (request, event_type.encode()),
        )

    def _evict_old_events(self) -> None:
        events = self._by_class[EmittedEvent]
        if len(events) <= self._remembered_events + EVICTION_BATCH:
            return
        for event in events[:EVICTION_BATCH]:
            assert isinstance(event, EmittedEvent)
            del self.objects[event.id]
            remaining = self.events_by_subject[event.subject]
            remaining.remove(event)
            if not remaining:
                del self.events_by_subject[event.subject]
        del events[:EVICTION_BATCH]


def _number(state: ObjectState) -> int:
    return state.number
