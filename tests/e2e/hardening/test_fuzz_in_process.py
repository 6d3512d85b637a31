"""Many requests of every operation to the application itself, valid ones and changed ones."""

import logging
import random
from collections.abc import Iterator, Mapping, Sequence

import pytest

from harness.fuzzed_application import ACCOUNTS, LIMITED, FuzzedApplication, Violation
from harness.generated_requests import RequestGenerator
from harness.scale import scaled
from harness.stripe_examples import FOREIGN_PAYMENT, FOREIGN_TRANSFER
from paycli.permissions import Permissions
from server.openapi.operations import OPERATIONS, Operation

REQUESTS = scaled(4_000, 1_000_000)
SEED = 20_260_131
IDS: Sequence[Mapping[str, str]] = (
    *({}, {}, {"payment_id": "cs_1", "setup_id": "cs_setup_1"}),
    {"payment_id": FOREIGN_PAYMENT, "transfer_id": FOREIGN_TRANSFER},
)
"""Of the examples, of Checkout Sessions, and of what another account has a share in."""


@pytest.fixture
def errors_logged() -> Iterator[list[logging.LogRecord]]:
    """Give a list of the logged errors; other levels are disabled, for speed."""
    logged: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record)

    handler = Keep()
    ours = logging.getLogger("paycli")
    level = ours.level
    ours.setLevel(logging.ERROR)
    ours.addHandler(handler)
    yield logged
    ours.setLevel(level)
    ours.removeHandler(handler)


def fuzz(
    requests: int,
    permissions: Mapping[str, Permissions] = LIMITED,
    operations: Sequence[Operation] = OPERATIONS,
) -> FuzzedApplication:
    """Send requests of the operations in turn, half of them changed. Raises Violation.

    Those that need no token have no use case behind them, and are sent less often.
    """
    rng = random.Random(SEED)
    application = FuzzedApplication(rng, permissions)
    generators = [RequestGenerator(rng, application.webhook, ids, ACCOUNTS) for ids in IDS]
    guarded = [each for each in operations if each.scope or each.signed]
    turns = [*guarded, *guarded, *operations]
    for number in range(requests):
        generator = rng.choice(generators)
        request = generator.valid(turns[number % len(turns)])
        if rng.random() < 0.5:
            request = generator.changed(request)
        application.send(request)
    return application


def test_no_request_of_any_operation_breaks_the_rules(
    errors_logged: list[logging.LogRecord], figures: dict[str, object]
) -> None:
    """No 500; nothing unsigned is published; no caller exceeds its scopes and accounts.

    Each operation has to succeed and to be refused, so that none can be left out.
    """
    application = fuzz(REQUESTS)
    seen = application.seen
    figures |= {
        "requests": REQUESTS,
        "operations": len(seen.successes),
        "responses by status": seen.statuses,
        "published events": application.outside.published,
    }
    assert seen.missing(OPERATIONS) == set()
    # Errors of our own would be logged with a traceback; Stripe's failures are logged without.
    assert [record for record in errors_logged if record.exc_info] == []
    # The controls: every kind of refusal, and webhooks that are published.
    assert application.outside.published > REQUESTS / 1000
    assert {200, 201, 204, 400, 401, 402, 403, 404, 405, 415, 422, 502} <= seen.statuses.keys()


def test_an_operation_that_is_left_out_is_reported() -> None:
    """The control: without its requests, an operation is missing."""
    *sent, left_out = (each for each in OPERATIONS if each.id != "getDocs")
    assert left_out.id in fuzz(500, operations=sent).seen.missing(OPERATIONS)


@pytest.mark.parametrize("caller", ["nothing", "mine", "own"])
def test_a_caller_whose_limits_do_not_hold_is_found(caller: str) -> None:
    """The control: the application does not know the limits of one caller."""
    others = {name: limits for name, limits in LIMITED.items() if name != caller}
    with pytest.raises(Violation, match=r"success without the scope|Stripe was called"):
        fuzz(2_000, others)
