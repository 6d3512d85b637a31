"""The table of statuses."""

from paycli import errors
from server import problems

OUTSIDE_HTTP = {
    *("settings_invalid", "cannot_listen", "daemon_not_reached", "sandbox_failed"),
    *("event_not_found", "unknown_event_type", "line_invalid", "topic_not_confirmed"),
    *(
        "endpoint_unchanged",
        "schema_registry_failed",
        "event_not_mapped",
        "resume_invalid",
        "event_not_on_topic",
        "saved_request_invalid",
    ),
}
"""The codes of errors that only commands report."""


def descendants(kind: type[errors.PaycliError]) -> list[type[errors.PaycliError]]:
    """Returns all classes below a class that the project defines."""
    inner = [each for each in kind.__subclasses__() if each.__module__.startswith("paycli")]
    return inner + [each for child in inner for each in descendants(child)]


def test_every_failure_that_reaches_http_has_a_status() -> None:
    """Each leaf of the error tree is in the table of statuses, except for those of commands."""
    leaves = [kind for kind in descendants(errors.PaycliError) if not kind.__subclasses__()]
    missing = {kind.code for kind in leaves if kind not in problems.PROBLEM_TYPES}
    assert missing - OUTSIDE_HTTP == set()
