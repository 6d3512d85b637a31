"""Which attempts failed although nothing explains it."""

from collections.abc import Iterable, Sequence

from harness.sender import Attempt
from paycli.sandbox.standin.webhooks.client import IDLE_CLOSED

from .calls import Call
from .restarts import Restart

REFUSED = ("ConnectionRefusedError", "Connect call failed")
"""How Python and asyncio report that nothing listens on a port."""
SERVICE_UNAVAILABLE = 503


def unexplained_attempts(
    attempts: Iterable[Attempt], restarted_url: str, restarts: Sequence[Restart]
) -> list[str]:
    """Return the failed deliveries except those to a daemon that is being restarted.

    Until it is ready, connections to that one may be refused, and webhooks get 503. It closes idle
    connections when it stops, also while a request is on its way (RFC 9112, section 9.5). Any other
    connection that is closed without a response is never explained: a stop aborts no request.
    """

    def explained(attempt: Attempt) -> bool:
        ended = attempt.started_at_seconds + attempt.seconds
        return (
            (
                attempt.status == SERVICE_UNAVAILABLE
                or _refused(attempt.status, attempt.error)
                or attempt.error == IDLE_CLOSED
            )
            and attempt.url.startswith(restarted_url)
            and any(
                attempt.started_at_seconds < each.ready_at_seconds
                and ended >= each.stopped_at_seconds
                for each in restarts
            )
        )

    return [
        f"{attempt.event_id}: {attempt.status} {attempt.error} from {attempt.url}, "
        f"{_since(attempt.started_at_seconds, restarts)}"
        for attempt in attempts
        if (attempt.status is None or attempt.status // 100 != 2) and not explained(attempt)
    ]


def unexplained_calls(
    calls: Iterable[Call], restarted_url: str, restarts: Sequence[Restart]
) -> list[str]:
    """Return the calls without success, except connections that a restarted daemon refused.

    A daemon that is not ready yet serves calls: they need no Kafka.
    """

    def explained(call: Call) -> bool:
        ended = call.started_at_seconds + call.seconds
        return (
            _refused(call.status, call.code)
            and call.url == restarted_url
            and any(
                call.started_at_seconds < each.ready_at_seconds and ended >= each.stopped_at_seconds
                for each in restarts
            )
        )

    return [
        f"{call.operation}: {call.status} {call.code} from {call.url}"
        for call in calls
        if not call.expected and not explained(call)
    ]


def _since(at_seconds: float, restarts: Sequence[Restart]) -> str:
    ready = [r.ready_at_seconds for r in restarts if r.ready_at_seconds <= at_seconds]
    return f"{at_seconds - ready[-1]:.3f} s after a restart" if ready else "before any restart"


def _refused(status: int | None, error: str) -> bool:
    return status is None and any(each in error for each in REFUSED)
