"""What a server that plays Stripe can be told to do with one request.

A play takes the request and the stage it is on and returns the reply. Plays compose:
`executed(answer(500, {}))` is kept and replayed by idempotency key, `lost(ordinary)` does all that
was asked and never says so.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from .stripe_memory import StripeMemory
from .stripe_replies import Manner, Received, Reply, json_reply


@dataclass
class Stage:
    """What all plays of one server share: Stripe's memory, and the end of all waiting."""

    memory: StripeMemory = field(default_factory=StripeMemory)
    released: threading.Event = field(default_factory=threading.Event)


Play = Callable[[Received, Stage], Reply]


def executed(play: Play) -> Play:
    """Return a play that follows Stripe's rules for idempotency keys and keeps the reply."""
    return lambda received, stage: stage.memory.execute(received, lambda: play(received, stage))


def operate(received: Received, stage: Stage) -> Reply:
    """Do what is asked without a look at the idempotency key."""
    return stage.memory.operate(received)


ordinary = executed(operate)
"""What Stripe does on a good day."""


def answer(status: int, body: object, headers: Mapping[str, str] | None = None) -> Play:
    """Return a play that gives this answer: `body` as JSON, or bytes as they are."""
    if isinstance(body, bytes):
        return lambda _, __: Reply(status, body, headers or {})
    return lambda _, __: json_reply(status, body, headers)


def rubbish(junk: bytes = b"\x00\xff\xfe not HTTP at all\r\n\r\n") -> Play:
    """Return a play that sends `junk` instead of an HTTP response and closes the connection."""
    return lambda _, __: Reply(0, junk, manner=Manner.RAW)


def hang(seconds: float | None = None, then: Play = ordinary) -> Play:
    """Return a play that waits, for `seconds` or until it is released, before Stripe looks at it.

    Its idempotency key is free meanwhile; with `slow` it is not.
    """

    def play(received: Received, stage: Stage) -> Reply:
        stage.released.wait(seconds)
        return then(received, stage)

    return play


def slow(seconds: float | None = None) -> Play:
    """Return a play in which Stripe works on the request for `seconds`, or until released."""
    return executed(hang(seconds, operate))


def drip_headers(play: Play = ordinary) -> Play:
    """Return a play whose answer arrives byte by byte from its first one."""
    return _sent(play, Manner.DRIP_HEADERS)


def drip_body(play: Play = ordinary) -> Play:
    """Return a play whose headers arrive at once and its body byte by byte."""
    return _sent(play, Manner.DRIP_BODY)


def lost(play: Play = ordinary) -> Play:
    """Return a play that does its work and then closes the connection without an answer."""
    return _sent(play, Manner.LOST)


def reset(play: Play = ordinary) -> Play:
    """Return a play that does its work and then resets the connection."""
    return _sent(play, Manner.RESET)


def _sent(play: Play, manner: Manner) -> Play:
    return lambda received, stage: replace(play(received, stage), manner=manner)
