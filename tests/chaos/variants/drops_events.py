"""A daemon that drops one event in a thousand: a negative control, which must be detected."""

import itertools

from paycli.cli.main import main
from paycli.events import catalogue
from paycli.events.stripe_event import StripeEvent
from paycli.models import InternalEvent

ONE_IN = 1_000

translate = catalogue.translate
count = itertools.count(1)


def translate_most(event: StripeEvent) -> InternalEvent | None:
    """Translate an event, but return None for each thousandth as if it were not mapped."""
    return None if next(count) % ONE_IN == 0 else translate(event)


catalogue.translate = translate_most
main()
