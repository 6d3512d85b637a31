"""Each use case calls its method at Stripe, with its arguments; and never with another id."""

from collections.abc import Callable

import pytest

from harness.stripe_in_memory import InMemoryStripe, payment, use_cases
from paycli import errors
from paycli.models import (
    AcceptDispute,
    CancelSetup,
    CreateAccount,
    CreateAccountLink,
    CreateCustomer,
    CreateCustomerSession,
    CreateSetup,
    ListCustomers,
    ListDisputes,
    ListPaymentMethods,
    ListPayouts,
    ListPayoutTransactions,
    ListSetups,
    RespondToDispute,
    UpdateCustomer,
)
from paycli.payments.use_cases import UseCases

URL = "https://shop.example"
ACCOUNT = CreateAccount(country="NL")
LINK = CreateAccountLink(return_url=URL, refresh_url=URL)
CUSTOMER, RENAMED = CreateCustomer(name="Ada"), UpdateCustomer(name="Grace")
SETUP = CreateSetup(customer="cus_1")
STAGED = RespondToDispute.from_fields(
    {"submit": False, "evidence": {"uncategorized_text": "They came."}}
)
SUBMITTED = RespondToDispute(submit=True)
Act = Callable[[UseCases], object]

CALLS: list[tuple[Act, tuple[object, ...]]] = [
    (lambda it: it.accounts.create(ACCOUNT, "k"), ("accounts.create", ACCOUNT)),
    (lambda it: it.accounts.get("acct_1"), ("accounts.get", "acct_1")),
    (
        lambda it: it.accounts.create_link("acct_1", LINK, "k"),
        ("accounts.create_link", "acct_1", LINK),
    ),
    (lambda it: it.balances.get(), ("balance.get",)),
    (lambda it: it.customers.create(CUSTOMER, "k"), ("customers.create", CUSTOMER)),
    (lambda it: it.customers.get("cus_1"), ("customers.get", "cus_1")),
    (
        lambda it: it.customers.list(ListCustomers(limit=3)),
        ("customers.list", ListCustomers(limit=3), None),
    ),
    (
        lambda it: it.customers.update("cus_1", RENAMED, "k"),
        ("customers.update", "cus_1", RENAMED),
    ),
    (lambda it: it.customers.delete("cus_1"), ("customers.delete", "cus_1")),
    (
        lambda it: it.customer_sessions.create("cus_1", CreateCustomerSession(), "k"),
        ("customer_sessions.create", "cus_1"),
    ),
    (lambda it: it.disputes.get("du_1"), ("disputes.get", "du_1")),
    (
        lambda it: it.disputes.list(ListDisputes(limit=3)),
        ("disputes.list", None, ListDisputes(limit=3), None),
    ),
    (
        lambda it: it.disputes.respond("du_1", STAGED, "k"),
        ("disputes.respond", "du_1", STAGED),
    ),
    (
        lambda it: it.disputes.respond("dp_1", SUBMITTED, "k"),
        ("disputes.respond", "dp_1", SUBMITTED),
    ),
    (lambda it: it.disputes.accept("du_1", AcceptDispute(), "k"), ("disputes.accept", "du_1")),
    (
        lambda it: it.payment_methods.list("cus_1", ListPaymentMethods(limit=3)),
        ("payment_methods.list", "cus_1", ListPaymentMethods(limit=3), None),
    ),
    (
        lambda it: it.payment_methods.detach("cus_1", "pm_1"),
        ("payment_methods.detach", "pm_1"),
    ),
    (
        lambda it: it.payouts.list(ListPayouts(limit=3)),
        ("payouts.list", ListPayouts(limit=3), None),
    ),
    (lambda it: it.payouts.get("po_1"), ("payouts.get", "po_1")),
    (
        lambda it: it.payouts.transactions("po_1", ListPayoutTransactions(limit=3)),
        ("payouts.transactions", "po_1", ListPayoutTransactions(limit=3), None),
    ),
    (lambda it: it.setups.create(SETUP, "k"), ("setups.create", SETUP)),
    (lambda it: it.setups.get("seti_1"), ("setups.get", "seti_1")),
    (
        lambda it: it.setups.list(ListSetups(limit=3)),
        ("setups.list", ListSetups(limit=3), None),
    ),
    (
        lambda it: it.setups.cancel("seti_1", CancelSetup(reason="abandoned"), "k"),
        ("setups.cancel", "seti_1", "abandoned"),
    ),
]


@pytest.mark.parametrize(("act", "call"), CALLS, ids=[str(call[0]) for _, call in CALLS])
def test_a_use_case_calls_its_method_with_its_arguments(act: Act, call: tuple[object, ...]) -> None:
    """Neither the object nor a field of the request gets lost."""
    stripe = InMemoryStripe()
    act(use_cases(stripe))
    assert [*stripe.reads, *stripe.calls][-1] == call


@pytest.mark.parametrize(
    ("act", "error", "prefixes"),
    [
        (lambda it, id_: it.accounts.get(id_), errors.AccountNotFound, "acct_"),
        (lambda it, id_: it.customers.get(id_), errors.CustomerNotFound, "cus_"),
        (lambda it, id_: it.disputes.get(id_), errors.DisputeNotFound, "du_ or dp_"),
        (
            lambda it, id_: it.payment_methods.detach("cus_1", id_),
            errors.PaymentMethodNotFound,
            "pm_",
        ),
        (lambda it, id_: it.payouts.get(id_), errors.PayoutNotFound, "po_"),
        (lambda it, id_: it.setups.get(id_), errors.SetupNotFound, "seti_ or cs_"),
    ],
)
def test_other_ids_are_never_sent_to_stripe(
    act: Callable[[UseCases, str], object], error: type[errors.PaycliError], prefixes: str
) -> None:
    """They would become part of a path; the message says what ids look like."""
    stripe = InMemoryStripe()
    for id_ in ("", "x", "pi_1/x", "cus_1\n", "../v1", "po_ü", "1"):
        with pytest.raises(error, match=f"ids start with {prefixes}$"):
            act(use_cases(stripe), id_)
    assert (stripe.opened, stripe.reads, stripe.calls) == ([], [], [])


@pytest.mark.parametrize(
    ("evidence", "staged", "submitted"),
    [
        ({}, ("uncategorized_text",), True),
        ({}, (), False),
        ({"uncategorized_text": "They came."}, (), True),
        ({"uncategorized_text": ""}, ("uncategorized_text",), False),
        ({"uncategorized_text": ""}, ("uncategorized_text", "service_date"), True),
    ],
)
def test_nothing_is_submitted_without_evidence(
    evidence: dict[str, str], staged: tuple[str, ...], *, submitted: bool
) -> None:
    """A submission is final; emptied texts and what was staged before count."""
    stripe = InMemoryStripe()
    stripe.dispute.evidence_fields = staged
    request = RespondToDispute.from_fields({"submit": True, "evidence": evidence})
    disputes = use_cases(stripe).disputes
    if submitted:
        disputes.respond("du_1", request, "k")
        assert stripe.calls == [("disputes.respond", "du_1", request)]
    else:
        with pytest.raises(errors.FieldsInvalid) as refused:
            disputes.respond("du_1", request, "k")
        [problem] = refused.value.problems
        assert (problem.where, problem.detail) == (
            "#/evidence",
            "is empty, and nothing else is staged: there is nothing to submit",
        )
        assert stripe.reads == [("disputes.get", "du_1")]
        assert stripe.calls == []


@pytest.mark.parametrize(("asked", "listed"), [("pi_1", "pi_1"), ("cs_1", "pi_7")])
def test_disputes_are_listed_of_a_payment_that_exists(asked: str, listed: str) -> None:
    """Of a Checkout Session those of its PaymentIntent; an empty list makes sure there is one."""
    stripe = InMemoryStripe()
    stripe.existing = payment("cs_1", payment_id="pi_7")
    request = ListDisputes(payment=asked)
    use_cases(stripe).disputes.list(request)
    assert stripe.reads == [("disputes.list", listed, request, None)]
    assert stripe.ids == ([asked] if asked != listed else []) + [listed]


@pytest.mark.parametrize("missing", ["payment method", "customer"])
def test_only_the_customers_own_payment_method_is_detached(missing: str) -> None:
    """Stripe would detach any; the error says which of the two is missing."""
    stripe = InMemoryStripe()
    stripe.missing = {"payment_methods.get": errors.PaymentMethodNotFound("no such method")}
    if missing == "customer":
        stripe.missing["customers.get"] = errors.CustomerNotFound("no such customer")
    with pytest.raises(type(list(stripe.missing.values())[-1])):
        use_cases(stripe).payment_methods.detach("cus_1", "pm_1")
    assert stripe.reads == [("payment_methods.get", "cus_1", "pm_1"), ("customers.get", "cus_1")]
    assert stripe.calls == []
