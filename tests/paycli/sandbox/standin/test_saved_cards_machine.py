"""In any order of operations, saved cards stay with their customer, and gone ones are not used."""

from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from harness.daemon import Response
from harness.saved_cards import METHODS, NO_REDIRECTS, charge, events, new_card
from harness.scale import examples
from harness.stripe import Stripe
from harness.stripe_schema import Json

SETUPS = "/v1/setup_intents"
# https://docs.stripe.com/payments/paymentintents/lifecycle: a SetupIntent is never processing here.
OPEN = {
    *("requires_payment_method", "requires_confirmation", "requires_action"),
    *("succeeded", "canceled"),
}
TRANSITIONS = {
    "requires_payment_method": OPEN,
    "requires_confirmation": OPEN,
    "requires_action": OPEN,
    "succeeded": {"succeeded"},
    "canceled": {"canceled"},
}
DECLINED = "tok_chargeDeclined"
TOKENS = st.sampled_from(
    ["tok_visa", "tok_authenticationRequired", "tok_chargeCustomerFail", DECLINED]
)


class Attempt(NamedTuple):
    """A payment or setup that requires 3-D Secure."""

    intent: Json
    card: str
    customer: str


class SavedCards(RuleBasedStateMachine):
    """Cards and customers at one stand-in, and a model of which cards can be used by whom."""

    customers = Bundle("customers")
    cards = Bundle("cards")
    setups = Bundle("setups")
    attempts = Bundle("attempts")

    def __init__(self) -> None:
        super().__init__()
        self.stripe = Stripe().__enter__()
        self.owners: dict[str, str | None] = {}
        self.tokens: dict[str, str] = {}
        self.gone: set[str] = set()
        self.deleted: set[str] = set()
        self.setup_status: dict[str, str] = {}

    def teardown(self) -> None:
        """Stop the stand-in."""
        self.stripe.stop()

    def usable(self, card: str, customer: str) -> bool:
        """Whether a card can be used for a customer ("": for none)."""
        if card in self.gone or customer in self.deleted:
            return False
        return self.owners[card] in (None, customer)

    @rule(target=customers)
    def create_customer(self) -> str:
        """A new customer has no cards."""
        return self.stripe.customer()

    @rule(target=cards, token=TOKENS)
    def create_card(self, token: str) -> str:
        """A new card is attached to no customer."""
        card = new_card(self.stripe, token)
        self.owners[card] = None
        self.tokens[card] = token
        return card

    @rule(target=cards, token=TOKENS, customer=customers)
    def save(self, token: str, customer: str) -> str:
        """A new card for a customer; without this rule, few cards would be attached."""
        card = str(self.create_card(token))
        self.attach(card, customer)
        return card

    @rule(customer=customers)
    def delete(self, customer: str) -> None:
        """A deleted customer loses its cards, and is deleted only once."""
        response = self.stripe.call("DELETE", f"/v1/customers/{customer}")
        assert response.status == (404 if customer in self.deleted else 200)
        self.deleted.add(customer)
        for card in [card for card, owner in self.owners.items() if owner == customer]:
            self.owners[card] = None
            self.gone.add(card)

    @rule(card=cards, customer=customers)
    def attach(self, card: str, customer: str) -> None:
        """A card is attached to one customer, unless it is gone or declined."""
        path = f"{METHODS}/{card}/attach"
        response = self.stripe.call("POST", path, {"customer": customer})
        if not self.usable(card, customer):
            assert response.status == 400
        elif self.owners[card] is None and self.tokens[card] == DECLINED:
            assert response.status == 402
        else:
            assert response.status == 200
            self.owners[card] = customer

    @rule(card=cards)
    def detach(self, card: str) -> None:
        """Only an attached card can be detached; then it is gone."""
        response = self.stripe.call("POST", f"{METHODS}/{card}/detach")
        assert response.status == (400 if self.owners[card] is None else 200)
        if response.status == 200:
            self.owners[card] = None
            self.gone.add(card)

    @rule(target=attempts, card=cards, customer=customers | st.just(""), absent=st.booleans())
    def pay(self, card: str, customer: str, absent: bool) -> object:  # noqa: FBT001 - as hypothesis calls it
        """A card is charged only if it is usable; one that is not attached is then gone."""
        form = {"customer": customer} if customer else {}
        form |= {"off_session": "true"} if customer and absent else {}
        response = charge(self.stripe, card, **form)
        return self.attempted(response, card, customer)

    @rule(target=attempts, card=cards, customer=customers | st.just(""))
    def set_up(self, card: str, customer: str) -> object:
        """A card is set up only if it is usable, and is then attached to the customer."""
        form = {**NO_REDIRECTS, "confirm": "true", "payment_method": card}
        form |= {"customer": customer} if customer else {}
        return self.attempted(self.stripe.call("POST", SETUPS, form), card, customer)

    @rule(target=setups, customer=customers)
    def open_setup(self, customer: str) -> object:
        """An open setup needs an existing customer."""
        response = self.stripe.call("POST", SETUPS, {"customer": customer})
        assert response.status == (400 if customer in self.deleted else 200)
        if response.status == 400:
            return multiple()
        self.setup_status[response.json["id"]] = response.json["status"]
        return Attempt(response.json, "", customer)

    @rule(target=attempts, setup=setups, card=cards)
    def confirm_setup(self, setup: Attempt, card: str) -> object:
        """An open setup is confirmed with a usable card; one that has ended is not."""
        status = self.setup_status[setup.intent["id"]]
        path = f"{SETUPS}/{setup.intent['id']}/confirm"
        form = {"payment_method": card, "return_url": "https://shop.test/back"}
        response = self.stripe.call("POST", path, form)
        if status in ("succeeded", "canceled"):
            assert response.status == 400
            return multiple()
        return self.attempted(response, card, setup.customer)

    @rule(setup=setups)
    def cancel_setup(self, setup: Attempt) -> None:
        """A setup is canceled unless it has ended."""
        ended = self.setup_status[setup.intent["id"]] in ("succeeded", "canceled")
        response = self.stripe.call("POST", f"{SETUPS}/{setup.intent['id']}/cancel")
        assert response.status == (400 if ended else 200)

    @rule(attempt=attempts, passed=st.booleans())
    def authenticate(self, attempt: Attempt, passed: bool) -> None:  # noqa: FBT001 - as above
        """After 3-D Secure a card is charged or set up only if it is still usable."""
        intent = attempt.intent
        path = f"/v1/{intent['object']}s/{intent['id']}"
        before = self.stripe.call("GET", path).json
        form = {"client_secret": intent["client_secret"]}
        form["result"] = "succeed" if passed else "fail"
        response = self.stripe.call("POST", f"/pay/{intent['id']}/authenticate", form)
        if before["status"] != "requires_action":
            assert response.status == 400
            return
        card = before["payment_method"]
        if not self.usable(card, attempt.customer):
            assert response.status == 400
        elif not passed:
            assert response.status == 402
        else:
            self.completed(intent["object"], card, attempt.customer, response.status == 200)

    def attempted(self, response: Response, card: str, customer: str) -> object:
        """Check a confirmation, and return the attempt if it requires 3-D Secure."""
        if not self.usable(card, customer):
            assert response.status == 400
            return multiple()
        assert response.status in (200, 402), response.json
        error = response.json.get("error", {})
        intent = error.get("payment_intent") or error.get("setup_intent") or response.json
        if intent["object"] == "setup_intent":
            self.setup_status.setdefault(intent["id"], intent["status"])
        if intent["status"] == "requires_action":
            return Attempt(intent, card, customer)
        self.completed(intent["object"], card, customer, response.status == 200)
        return multiple()

    def completed(self, kind: str, card: str, customer: str, succeeded: bool) -> None:  # noqa: FBT001 - a state, not an option
        """Note what a completed attempt does to the card."""
        if self.owners[card] is not None:
            return
        if kind == "payment_intent":
            self.gone.add(card)
        elif succeeded and customer:
            self.owners[card] = customer

    @invariant()
    def cards_are_with_their_customer(self) -> None:
        """Each attached card is listed with its customer, and was attached only once."""
        listed = self.stripe.call("GET", METHODS, {"limit": "100"}).json["data"]
        expected = {card: owner for card, owner in self.owners.items() if owner}
        assert {method["id"]: method["customer"] for method in listed} == expected
        attached = [
            event["object"]["id"] for event in events(self.stripe, "payment_method.attached")
        ]
        assert len(attached) == len(set(attached))

    @invariant()
    def setups_move_as_documented(self) -> None:
        """Each SetupIntent's status only changes as Stripe documents, and its end is final."""
        for setup in self.stripe.call("GET", SETUPS, {"limit": "100"}).json["data"]:
            before = self.setup_status.get(setup["id"], setup["status"])
            assert setup["status"] in TRANSITIONS[before]
            self.setup_status[setup["id"]] = setup["status"]


SavedCards.TestCase.settings = settings(
    max_examples=examples(15),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestSavedCards = SavedCards.TestCase


def test_a_detached_card_that_comes_back_is_detected() -> None:
    """Control: a detached card that is attached outside the model violates the invariant."""
    machine = SavedCards()
    try:
        customer, card = str(machine.create_customer()), str(machine.create_card("tok_visa"))
        machine.attach(card, customer)
        machine.detach(card)
        machine.cards_are_with_their_customer()
        state = machine.stripe.store.objects[card]
        machine.stripe.run_in_loop(lambda: setattr(state, "customer", customer))
        machine.stripe.run_in_loop(state.mark_changed)
        with pytest.raises(AssertionError):
            machine.cards_are_with_their_customer()
    finally:
        machine.teardown()


def test_a_setup_that_is_reopened_is_detected() -> None:
    """Control: a setup that leaves its final status violates the invariant."""
    machine = SavedCards()
    try:
        setup = machine.open_setup(str(machine.create_customer()))
        assert isinstance(setup, Attempt)
        machine.cancel_setup(setup)
        machine.setups_move_as_documented()
        state = machine.stripe.store.objects[setup.intent["id"]]
        machine.stripe.run_in_loop(lambda: setattr(state, "status", "requires_action"))
        machine.stripe.run_in_loop(state.mark_changed)
        with pytest.raises(AssertionError):
            machine.setups_move_as_documented()
    finally:
        machine.teardown()
