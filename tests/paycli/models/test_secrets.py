"""Secrets of the payment form are in the JSON of a response only."""

import pytest
from pydantic import BaseModel

from paycli.adapters.stripe.customer_sessions import CustomerSessionObject
from paycli.adapters.stripe.setups import SetupIntentObject
from paycli.models import CustomerSession, Setup

SECRET = "seti_1_secret_of_this_test"
INTENT = SetupIntentObject.model_validate(
    {
        "id": "seti_1",
        "created": 1,
        "status": "requires_payment_method",
        "client_secret": SECRET,
        "livemode": False,
    }
)
SESSION = CustomerSessionObject.model_validate({"client_secret": SECRET, "expires_at": 1})
MODELS: list[BaseModel] = [
    INTENT,
    INTENT.to_setup(),
    SESSION,
    CustomerSession(client_secret=SECRET, expires_at=SESSION.expires_at),
]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_secret_is_in_no_representation(model: BaseModel) -> None:
    """What a log or a traceback would show has no secret; the control is the JSON."""
    for text in (repr(model), str(model), f"{model}"):
        assert SECRET not in text
    assert SECRET in model.model_dump_json()


def test_a_setup_in_a_list_has_no_secret() -> None:
    """Lists are read by services, not by browsers."""
    setup: Setup = INTENT.to_setup(with_secret=False)
    assert setup.client_secret is None
