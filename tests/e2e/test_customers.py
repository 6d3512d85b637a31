"""Customers, from the HTTP API to Stripe and back."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.stripe import disconnect, respond
from paycli.sandbox.standin import Fault, FaultKind
from service import CUSTOMERS, Service

GUEST: dict[str, object] = {
    "name": "Anna Example",
    "email": "guest@example.com",
    "phone": "+4930123456",
    "reference": "guest-7",
    "metadata": {"tier": "gold"},
}


def create(service: Service, **fields: object) -> Any:  # noqa: ANN401  (JSON)
    """Create a customer with these fields; return its JSON."""
    created = service.write(CUSTOMERS, fields)
    assert created.status == 201, created.body
    return created.json


def ids(service: Service, **query: str | int) -> list[str]:
    """Return the ids of the customers that a list finds, on all its pages."""
    found: list[str] = []
    while True:
        page = service.get(CUSTOMERS, **query)
        assert page.status == 200, page.body
        found += [each["id"] for each in page.json["data"]]
        if page.json["next_cursor"] is None:
            return found
        query = {**query, "cursor": page.json["next_cursor"]}


def test_a_customer_is_created_and_retrieved(service: Service) -> None:
    """The response is 201 with the location, at which the same customer is."""
    created = service.write(CUSTOMERS, GUEST)
    assert created.status == 201
    customer = created.json
    assert created.headers["location"] == f"{CUSTOMERS}/{customer['id']}"
    assert customer == {
        **GUEST,
        "id": customer["id"],
        "livemode": False,
        "created_at": customer["created_at"],
    }
    assert service.get(created.headers["location"]).json == customer


def test_a_customer_needs_no_field(service: Service) -> None:
    """An anonymous customer has null in each field."""
    customer = create(service)
    assert {customer[name] for name in ("name", "email", "phone", "reference")} == {None}
    assert customer["metadata"] == {}


def test_thirty_creates_with_one_key_create_one_customer(service: Service) -> None:
    """All responses are the same customer, and all but the first are replays."""
    key = uuid.uuid4().hex
    with ThreadPoolExecutor(30) as pool:
        responses = list(pool.map(lambda _: service.write(CUSTOMERS, GUEST, key), range(30)))
    assert {each.status for each in responses} == {201}
    assert len({each.json["id"] for each in responses}) == 1
    assert sum("idempotent-replayed" in each.headers for each in responses) == 29
    other = service.write(CUSTOMERS, {**GUEST, "name": "Berta"}, key)
    assert (other.status, other.json["code"]) == (422, "idempotency_key_reused")


def test_customers_are_listed_by_reference_and_email(service: Service) -> None:
    """Exactly the reference or the email address, in its case; both together narrow the list."""
    tag = uuid.uuid4().hex[:8]
    first = create(service, reference=f"{tag}-A", email=f"{tag}@example.com")["id"]
    second = create(service, reference=f"{tag}-a", email=f"{tag}@example.com")["id"]
    third = create(service, reference=f"{tag}-A", email=f"{tag}@EXAMPLE.com")["id"]
    assert ids(service, reference=f"{tag}-A") == [third, first]
    assert ids(service, reference=f"{tag}-a") == [second]
    assert ids(service, email=f"{tag}@example.com", limit=1) == [second, first]
    assert ids(service, email=f"{tag}@EXAMPLE.com") == [third]
    assert ids(service, reference=f"{tag}-A", email=f"{tag}@example.com") == [first]
    assert ids(service, reference=f"{tag}-A", limit=1) == [third, first]
    assert ids(service, reference=f"{tag}-x") == []
    assert ids(service)[:3] == [third, second, first]


def test_a_customer_is_updated(service: Service) -> None:
    """Fields in the body are changed, null or an empty text removes, others are unchanged."""
    customer = create(service, **GUEST)
    changes = {"email": "new@example.com", "phone": None, "metadata": {"tier": "", "room": "12"}}
    updated = service.write(f"{CUSTOMERS}/{customer['id']}", changes, method="PATCH")
    assert updated.status == 200
    assert updated.json == {
        **customer,
        "email": "new@example.com",
        "phone": None,
        "metadata": {"room": "12"},
    }
    moved = service.write(
        f"{CUSTOMERS}/{customer['id']}", {"reference": "guest-8", "name": ""}, method="PATCH"
    )
    assert (moved.json["reference"], moved.json["name"]) == ("guest-8", None)
    cleared = service.write(f"{CUSTOMERS}/{customer['id']}", {"reference": None}, method="PATCH")
    assert cleared.json["reference"] is None
    assert cleared.json["metadata"] == {"room": "12"}


def test_a_deleted_customer_is_erased(service: Service) -> None:
    """Deleting is 204 without an idempotency key; afterwards the customer is 404 everywhere."""
    customer = create(service, **{**GUEST, "email": f"{uuid.uuid4().hex}@example.com"})
    one = f"{CUSTOMERS}/{customer['id']}"
    deleted = service.delete(one)
    assert (deleted.status, deleted.body) == (204, b"")
    again = [
        service.get(one),
        service.delete(one),
        service.write(one, {"name": "x"}, method="PATCH"),
    ]
    for response in again:
        assert (response.status, response.json["code"]) == (404, "customer_not_found")
        assert response.json["detail"]
    assert ids(service, email=customer["email"]) == []
    stored = service.stripe.call("GET", f"/v1/customers/{customer['id']}").json
    assert stored == {"id": customer["id"], "object": "customer", "deleted": True}


def test_a_lost_response_to_a_deletion_is_not_an_error(service: Service) -> None:
    """Stripe has deleted the customer, and the retry finds none: the deletion succeeded."""
    one = f"{CUSTOMERS}/{create(service)['id']}"
    service.stripe.inject(disconnect())
    assert service.delete(one).status == 204
    assert service.get(one).status == 404


def test_a_failed_deletion_can_be_repeated(service: Service) -> None:
    """A 500 changes nothing; an error says that the request may be sent again, without a key."""
    one = f"{CUSTOMERS}/{create(service)['id']}"
    service.stripe.inject(Fault(FaultKind.SERVER_ERROR))
    assert service.delete(one).status == 204
    one = f"{CUSTOMERS}/{create(service)['id']}"
    service.stripe.inject(*[respond(503, {})] * 20)
    failed = service.delete(one)
    service.stripe.clear_faults()
    assert (failed.status, failed.json["code"]) == (502, "stripe_unavailable")
    assert failed.json["retryable"] is True
    assert "key" not in failed.json["detail"]
    assert service.delete(one).status == 204


@pytest.mark.parametrize("customer_id", ["cus_none", "pi_1", "cus_", "cus_1-2", "x"])
def test_an_unknown_customer_is_404(service: Service, customer_id: str) -> None:
    """Every operation on an unknown customer is 404."""
    one = f"{CUSTOMERS}/{customer_id}"
    for response in (
        service.get(one),
        service.write(one, {"name": "x"}, method="PATCH"),
        service.delete(one),
    ):
        assert (response.status, response.json["code"]) == (404, "customer_not_found")


def test_another_accounts_customer_is_404(service: Service) -> None:
    """A customer of a connected account exists only there."""
    customer = create(service, name="Anna", account="acct_1connected")
    one = f"{CUSTOMERS}/{customer['id']}"
    assert service.get(one, account="acct_1connected").status == 200
    assert service.get(one).status == 404
    assert service.delete(one).status == 404
    assert service.delete(f"{one}?account=acct_1connected").status == 204


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"email": "nobody"}, {"#/email"}),
        ({"name": "x" * 257, "phone": "1" * 21}, {"#/name", "#/phone"}),
        ({"metadata": {"reference": "x"}}, {"#/metadata"}),
        ({"address": {}}, {"#/address"}),
        ({"reference": ""}, {"#/reference"}),
    ],
)
def test_invalid_fields_are_422(
    service: Service, fields: dict[str, object], pointers: set[str]
) -> None:
    """Every invalid field is reported at once, and Stripe is not called."""
    before = len(service.stripe.requests)
    refused = service.write(CUSTOMERS, fields)
    assert refused.status == 422
    assert {each["pointer"] for each in refused.json["errors"]} == pointers
    assert len(service.stripe.requests) == before


@pytest.mark.parametrize("email", ["", "nobody", "a b@example.com"])
def test_customers_of_no_address_are_not_listed(service: Service, email: str) -> None:
    """An empty address would list every customer, and the caller might charge the first."""
    refused = service.get(CUSTOMERS, email=email)
    assert refused.status == 422
    assert refused.json["errors"] == [{"pointer": "#/email", "detail": "must be an email address"}]


def test_a_deletion_with_a_body_is_refused(service: Service) -> None:
    """Its account would be ignored, and the customer of our own account deleted."""
    one = f"{CUSTOMERS}/{create(service)['id']}"
    refused = service.write(one, {"account": "acct_1"}, method="DELETE")
    assert (refused.status, refused.json["code"]) == (422, "fields_invalid")
    assert "query" in refused.json["detail"]
    assert service.get(one).status == 200


def test_a_customer_that_never_existed_is_not_deleted_after_a_lock(service: Service) -> None:
    """A retry after a refusal that changed nothing is no lost response."""
    service.stripe.inject(Fault(FaultKind.LOCK_TIMEOUT))
    refused = service.delete(f"{CUSTOMERS}/cus_unknown")
    assert (refused.status, refused.json["code"]) == (404, "customer_not_found")


def test_a_change_of_nothing_is_422(service: Service) -> None:
    """An update must have at least one field."""
    refused = service.write(f"{CUSTOMERS}/cus_1", {}, method="PATCH")
    assert refused.status == 422


def test_stripes_message_does_not_repeat_personal_data(service: Service) -> None:
    """Where Stripe's message has the address, ours names the field instead."""
    message = "Invalid email address: guest@example.com"
    error = {"message": message, "param": "email", "code": "email_invalid"}
    service.stripe.inject(
        respond(400, {"error": {"type": "invalid_request_error", **error}}, {"Request-Id": "req_1"})
    )
    refused = service.write(CUSTOMERS, GUEST)
    assert (refused.status, refused.json["code"]) == (400, "email_invalid")
    assert refused.json["detail"] == "Stripe refused the value of email"
