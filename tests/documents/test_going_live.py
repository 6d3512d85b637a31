"""scripts/deploy/README.md has the events of the catalogue, and a permission for each request."""

import re

import pytest

from harness.markdown import blocks, read, section, with_mistake
from harness.tools import ROOT
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


def paths_without_permission(text: str) -> set[str]:
    """Returns the paths of Stripe's API that only the adapter or only the table has."""
    files = (ROOT / "paycli/adapters/stripe").rglob("*.py")
    used = {path for file in files for path in re.findall(r'"(/v1/[a-z_/]+)"', file.read_text())}
    rows = re.findall(r"\| `(/v1/\S+)` \| [^|]+: (?:Read|Write) \| `rak_\w+` \|", text)
    return used ^ set(rows)


def test_each_request_to_stripe_has_its_permission() -> None:
    """The table of a restricted key's permissions has a row for every path that is requested."""
    assert paths_without_permission(section(DEPLOY, "At Stripe")) == set()


def test_a_missing_permission_is_reported() -> None:
    """The control: a path without its row is found."""
    text = with_mistake(DEPLOY, "`/v1/refunds`", "`/v1/refund`")
    assert paths_without_permission(section(text, "At Stripe")) == {"/v1/refunds", "/v1/refund"}
