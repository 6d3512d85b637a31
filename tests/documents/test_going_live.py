"""scripts/deploy/README.md subscribes to the events that the catalogue has."""

import pytest

from harness.markdown import blocks, read, section, with_mistake
from paycli.events.catalogue import CATALOGUE

DEPLOY = read("scripts/deploy/README.md")


def wrong_subscriptions(text: str) -> set[str]:
    """Returns the event types that only the list or only the catalogue has."""
    [listed] = blocks(section(text, "At Stripe"), "")
    return {*listed.split()} ^ CATALOGUE.keys()


def test_the_endpoint_gets_all_events_of_the_catalogue() -> None:
    """The list of events to subscribe to is that of the catalogue."""
    assert wrong_subscriptions(DEPLOY) == set()


@pytest.mark.parametrize("new", ["", "   payment_intent.pondering\n"])
def test_a_wrong_subscription_is_reported(new: str) -> None:
    """The control: a missing and an invented event are found."""
    text = with_mistake(DEPLOY, "   payment_intent.processing\n", new)
    assert wrong_subscriptions(text) != set()
