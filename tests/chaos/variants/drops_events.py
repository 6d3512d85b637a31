"""A daemon whose translation drops one event in a thousand: a control, which must be caught."""

import itertools

from paycli.cli.main import main
from paycli.events import catalogue
from paycli.events.stripe_event import StripeEvent
from paycli.models import InternalEvent

ONE_IN = 1_000

translate = catalogue.translate
count = itertools.count(1)


def forgetful(event: StripeEvent) -> InternalEvent | None:
    """As if the event's type were not mapped, each thousandth time."""
    return None if next(count) % ONE_IN == 0 else translate(event)


catalogue.translate = forgetful
main()
