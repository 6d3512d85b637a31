"""Secrets and personal data are in the JSON of requests and responses only."""

import dataclasses
import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from pydantic import BaseModel

import paycli.adapters.stripe
import paycli.models
from paycli.adapters.stripe.customer_sessions import CustomerSessionObject
from paycli.adapters.stripe.setups import SetupIntentObject
from paycli.models import CustomerSession, Evidence, Setup

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
# At its address, anybody can pay. `params` are those of a request to Stripe.
SENSITIVE = frozenset(
    {
        *("client_secret", "url", "payment_url", "setup_url", "params"),
        *("name", "email", "phone", "receipt_email"),
        *("evidence", *Evidence.model_fields),
    }
)
OTHERS = {"paycli.models.records", "paycli.models.statuses"}
"""Modules without requests, responses and Stripe's objects: names of Kafka's header fields, and a
registry's address without credentials."""


def types() -> Iterator[type]:
    """Yield every type of requests, responses and Stripe's objects."""
    for package in (paycli.models, paycli.adapters.stripe):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for kind in vars(import_module(found.name)).values():
                if isinstance(kind, type) and kind.__module__ == found.name not in OTHERS:
                    yield kind


def shown(kind: type) -> list[str]:
    """Return the sensitive fields that the representation of an object has."""
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    names = {field.name: field.repr for field in fields}
    if issubclass(kind, BaseModel):
        for name, info in kind.model_fields.items():
            names |= {name: info.repr, info.alias or name: info.repr}
    return [name for name, is_shown in names.items() if is_shown and name in SENSITIVE]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_a_secret_is_in_no_representation(model: BaseModel) -> None:
    """What a log or a traceback would show has no secret; the control is the JSON."""
    for text in (repr(model), str(model), f"{model}"):
        assert SECRET not in text
    assert SECRET in model.model_dump_json()


def test_no_type_shows_a_sensitive_field() -> None:
    """Every request, response and object of Stripe's hides its secrets and personal data."""
    assert {kind.__qualname__: shown(kind) for kind in types() if shown(kind)} == {}


def test_a_type_that_shows_a_sensitive_field_is_found() -> None:
    """The check itself works: for models and dataclasses, whose modules are all searched."""

    class Model(BaseModel):
        email: str
        reference: str

    @dataclasses.dataclass
    class Request:
        url: str = dataclasses.field(repr=False)
        params: str

    assert (shown(Model), shown(Request)) == (["email"], ["params"])
    found = {kind.__name__ for kind in types()}
    assert {"CreateCustomer", "CreatePayment", "CheckoutSessionObject", "Endpoint"} <= found


def test_a_setup_in_a_list_has_no_secret() -> None:
    """Lists are read by services, not by browsers."""
    setup: Setup = INTENT.to_setup(with_secret=False)
    assert setup.client_secret is None
