"""CustomerSessions of the stand-in."""

import pytest

from harness.saved_cards import refusal
from harness.stripe import Stripe
from harness.stripe_schema import violations

SESSIONS = "/v1/customer_sessions"
FORM = {"components[payment_element][enabled]": "true"}
FEATURES = "components[payment_element][features]"


def test_a_customer_session_is_valid_for_half_an_hour(fast_stand_in: Stripe) -> None:
    """It has a client secret, ends after 30 minutes, and has the features that were asked for."""
    anna = fast_stand_in.customer()
    form = {
        **FORM,
        "customer": anna,
        f"{FEATURES}[payment_method_redisplay]": "enabled",
        f"{FEATURES}[payment_method_allow_redisplay_filters][0]": "unspecified",
    }
    first, second = (fast_stand_in.call("POST", SESSIONS, form).json for _ in range(2))
    assert violations("customer_session", first) == []
    assert first["client_secret"].startswith("cuss_secret_")
    assert first["client_secret"] != second["client_secret"]
    assert first["expires_at"] - first["created"] == 1800
    assert first["customer"] == anna
    element = first["components"]["payment_element"]
    assert element["enabled"] is True
    assert element["features"]["payment_method_redisplay"] == "enabled"
    assert element["features"]["payment_method_allow_redisplay_filters"] == ["unspecified"]
    assert element["features"]["payment_method_save"] == "disabled"
    assert first["components"]["buy_button"]["enabled"] is False


@pytest.mark.parametrize(
    ("form", "param"),
    [
        ({**FORM, "customer": "cus_none"}, "customer"),
        (FORM, "customer"),
        ({"customer": "CUSTOMER"}, "components"),
        ({"customer": "CUSTOMER", "components[payment_element][enabled]": "false"}, "components"),
        (
            {**FORM, "customer": "CUSTOMER", f"{FEATURES}[payment_method_save]": "enabled"},
            f"{FEATURES}[payment_method_save_usage]",
        ),
    ],
)
def test_invalid_customer_sessions_are_refused(
    fast_stand_in: Stripe, form: dict[str, str], param: str
) -> None:
    """An unknown customer, no component, and saving without a usage are refused."""
    customer = fast_stand_in.customer()
    sent = {name: customer if value == "CUSTOMER" else value for name, value in form.items()}
    assert refusal(fast_stand_in.call("POST", SESSIONS, sent))[1] == param


def test_a_deleted_customer_gets_no_session(fast_stand_in: Stripe) -> None:
    """A customer that was deleted is refused as an unknown one."""
    anna = fast_stand_in.customer()
    fast_stand_in.call("DELETE", f"/v1/customers/{anna}")
    refused = fast_stand_in.call("POST", SESSIONS, {**FORM, "customer": anna})
    assert refusal(refused)[:2] == ("resource_missing", "customer")
