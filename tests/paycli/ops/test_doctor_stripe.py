"""The doctor's checks of the webhook endpoints at Stripe."""

import time
from typing import Any

import pytest

from harness.stripe import Stripe
from paycli import bootstrap
from paycli.ops.doctor.stripe import examine_stripe
from paycli.sandbox.standin import WebhookTarget
from paycli.settings import StripeSettings

URL = "https://pay.example.test/api/v1/stripe/events"


def checks(stripe: Stripe, url: str) -> list[tuple[str, str, str | None]]:
    """Add an endpoint; return id, state and repair of each check that concerns endpoints."""
    add(stripe, url)
    return examined(stripe)


def add(stripe: Stripe, url: str = URL, **fields: Any) -> str:  # noqa: ANN401  (of WebhookTarget)
    """Add an endpoint and return its id."""
    stripe.add_webhook_target(WebhookTarget(url, ("whsec_of_these_tests",), **fields))
    return str(stripe.call("GET", "/v1/webhook_endpoints").json["data"][-1]["id"])


def disable(stripe: Stripe, endpoint: str) -> None:
    """Disable an endpoint."""
    stripe.call("POST", f"/v1/webhook_endpoints/{endpoint}", {"disabled": "true"})


def examined(stripe: Stripe) -> list[tuple[str, str, str | None]]:
    """Return id, state and repair of each check that concerns endpoints."""
    settings = StripeSettings.model_validate(
        {"PAYCLI_STRIPE_API_KEY": "sk_test_1", "PAYCLI_STRIPE_API_BASE": stripe.url}
    )
    found = examine_stripe(
        bootstrap.stripe_account(settings), ["payment_intent.succeeded"], time.time()
    )
    return [
        (check.id, check.state, check.repair)
        for check in found
        if check.id in ("stripe.endpoint", "stripe.enabled_events")
    ]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/stripe/events/",
        "/api/v1/stripe/events//",
        "//api/v1/stripe/events",
        "/API/v1/stripe/events",
    ],
)
def test_an_address_that_is_not_served_is_found(stand_in: Stripe, path: str) -> None:
    """With a slash at its end, or otherwise almost right, the endpoint fails."""
    (check,) = checks(stand_in, f"https://pay.example.test{path}")
    assert check[:2] == ("stripe.endpoint", "failed")
    assert "exactly /api/v1/stripe/events" in (check[2] or "")
    assert f"paycli endpoint apply --url {URL}" in (check[2] or "")


@pytest.mark.parametrize(
    "url",
    ["https://pay.example.test/api/v1/stripe/events", "https://p/api/v1/stripe%2Fevents#x"],
)
def test_the_address_itself_is_ok(stand_in: Stripe, url: str) -> None:
    """The control: what the daemon serves is ok."""
    assert [check[:2] for check in checks(stand_in, url)] == [
        ("stripe.endpoint", "ok"),
        ("stripe.enabled_events", "ok"),
    ]


@pytest.mark.parametrize("url", ["https://pay.example.test/elsewhere", "https://[", "x"])
def test_another_address_is_not_ours(stand_in: Stripe, url: str) -> None:
    """An endpoint of something else is a warning, however malformed its URL is."""
    assert [check[:2] for check in checks(stand_in, url)] == [("stripe.endpoint", "warning")]


def test_the_repair_of_missing_types_is_a_command(stand_in: Stripe) -> None:
    """It has the endpoint's kind, and a new endpoint where the version would be refused."""
    pinned = "2026-10-28.endive"
    few = ("charge.expired",)
    add(stand_in, enabled_events=few, api_version=pinned, connect=True)
    add(stand_in, enabled_events=few)
    found = [repair for id_, _, repair in examined(stand_in) if id_ == "stripe.enabled_events"]
    command = f"paycli endpoint apply --url {URL}"
    assert found == [f"{command} --connect", f"{command} --new --secret-file FILE"]


def test_a_disabled_endpoint_is_ok_if_another_one_serves_its_address(stand_in: Stripe) -> None:
    """Alone it fails; one of connected accounts or at another host does not take its place."""
    old = add(stand_in)
    disable(stand_in, old)
    [(id_, state, repair)] = examined(stand_in)
    assert (id_, state) == ("stripe.endpoint", "failed")
    assert f"paycli endpoint apply --url {URL} --secret-file FILE" in (repair or "")
    add(stand_in, connect=True)
    assert [check[1] for check in examined(stand_in)] == ["failed", "ok", "ok"]
    add(stand_in, URL.replace("pay.", "other."))
    assert [check[1] for check in examined(stand_in)] == ["warning", *["ok"] * 4]
    new = add(stand_in)
    assert {check[1] for check in examined(stand_in)} == {"ok"}
    disable(stand_in, new)
    assert [check[1] for check in examined(stand_in)].count("warning") == 2


def test_a_disabled_endpoint_is_replaced_only_by_one_with_its_types(stand_in: Stripe) -> None:
    """Another endpoint at its address that sends less is no replacement: the rule of `retire`."""
    pinned = "2026-10-28.endive"
    disable(stand_in, add(stand_in))
    few = add(stand_in, enabled_events=("charge.expired",), api_version=pinned)
    (_, state, repair), *_ = examined(stand_in)
    assert (state, repair) == ("warning", f"paycli endpoint apply --url {URL}")
    disable(stand_in, few)
    add(stand_in, enabled_events=("payment_intent.succeeded",), api_version=pinned)
    assert {check[1] for check in examined(stand_in)} == {"ok"}


def test_an_address_behind_a_proxy_is_ours(stand_in: Stripe) -> None:
    """A prefix is ok, and part of each repair; a look-alike is not ours."""
    prefixed = URL.replace("/api", "/Shop/api")
    look_alike = checks(stand_in, URL.replace("/api", "/xapi"))
    assert [check[:2] for check in look_alike] == [("stripe.endpoint", "warning")]
    assert [check[1] for check in checks(stand_in, prefixed)] == ["ok", "ok"]
    *_, (_, state, repair) = checks(stand_in, f"{prefixed}/")
    assert state == "failed"
    assert (repair or "").endswith(f"paycli endpoint apply --url {prefixed}")


def test_a_password_in_an_address_is_not_shown(stand_in: Stripe) -> None:
    """The checks have `***`, and the repairs create an endpoint without credentials."""
    secret = URL.replace("pay", "guest:pa55@pay")
    add(stand_in, f"{secret}/")
    add(stand_in, f"{secret}?x", enabled_events=("charge.expired",))
    disable(stand_in, add(stand_in, secret))
    add(stand_in, secret, enabled_events=("charge.expired",))
    settings = StripeSettings.model_validate(
        {"PAYCLI_STRIPE_API_KEY": "sk_test_1", "PAYCLI_STRIPE_API_BASE": stand_in.url}
    )
    account = bootstrap.stripe_account(settings)
    found = [*examine_stripe(account, ["payment_intent.succeeded"], time.time())]
    shown = str(found)
    assert ("pa55" in shown, "***@pay.example.test" in shown) == (False, True)
    repairs = [check.repair for check in found if "endpoint apply" in (check.repair or "")]
    assert len(repairs) == 5
    assert all(f"--url {URL} --secret-file FILE" in (repair or "") for repair in repairs)
