"""Webhooks as https://docs.stripe.com/webhooks has them, sent to a real server."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import stripe
from stripe import Webhook

from harness.polling import wait_until
from harness.ports import free_port
from harness.stripe import Stripe, disconnect, hang, malformed, reset, respond
from harness.stripe_sdk import connect
from paycli.sandbox.standin import DeliverySettings, Fault, WebhookTarget

SECRET, OLD_SECRET = "whsec_new", "whsec_old"
PAYMENT = {"amount": "2000", "currency": "eur"}
OK = respond(200, {})
QUICK = DeliverySettings(time_scale=1 / 30_000, timeout_seconds=0.5)


class Receiver(Stripe):
    """A server that takes webhooks: it answers as told, else 401, which is not taken."""


@dataclass
class Pair:
    """A stand-in that sends, and who receives."""

    sender: Stripe
    receiver: Receiver

    def event(self) -> dict[str, object]:
        """Return the newest event as the API has it."""
        newest: dict[str, object] = self.sender.call("GET", "/v1/events").json["data"][0]
        return newest


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a server that takes webhooks."""
    with Receiver() as it:
        yield it


@pytest.fixture
def pair(receiver: Receiver) -> Iterator[Pair]:
    """Give a sender with one endpoint for PaymentIntents, whose secret is being rolled."""
    endpoint = WebhookTarget(
        f"{receiver.url}/hook?a=b", (SECRET, OLD_SECRET), ("payment_intent.*",)
    )
    with Stripe(endpoints=[endpoint], delivery=QUICK) as sender:
        yield Pair(sender, receiver)


def create(pair: Pair) -> str:
    """Create a payment and return its id."""
    return str(pair.sender.call("POST", "/v1/payment_intents", PAYMENT).json["id"])


def test_stripes_own_verifier_accepts_it(pair: Pair) -> None:
    """Each secret of the endpoint signs; the body is the event that the API has."""
    pair.receiver.inject(OK)
    payment = create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 5, "the webhook is taken")
    (request,) = pair.receiver.requests
    for secret in (SECRET, OLD_SECRET):
        event = Webhook.construct_event(request.body, request.headers["stripe-signature"], secret)
        assert (event.type, event.data.object["id"]) == ("payment_intent.created", payment)
    with pytest.raises(stripe.SignatureVerificationError):
        Webhook.construct_event(request.body, request.headers["stripe-signature"], "whsec_other")
    assert (request.method, request.path, request.query) == ("POST", "/hook", "a=b")
    assert request.headers["content-type"] == "application/json; charset=utf-8"
    sent = json.loads(request.body)
    assert sent.pop("pending_webhooks") == 1
    listed = pair.event()
    assert listed.pop("pending_webhooks") == 0
    assert sent == listed


@pytest.mark.parametrize(
    "fault", [respond(503, {}), respond(302, {}), disconnect(), reset(), malformed(), hang(2)]
)
def test_it_is_sent_again_until_taken(pair: Pair, fault: Fault) -> None:
    """Whatever is not 2xx in time is sent again, the same event freshly signed."""
    pair.receiver.inject(fault, fault, OK)
    create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 10, "the webhook is taken")
    assert ids(pair.receiver) == [pair.event()["id"]] * 3


def test_pauses_grow_as_stripes_do_and_end() -> None:
    """From minutes to half a day, for at most three days; shortened by the scale."""
    pauses = list(DeliverySettings(time_scale=1).retry_delays())
    assert pauses[:3] == [300, 600, 1200]
    assert pauses == sorted(pauses)
    assert max(pauses) == 12 * 3600
    assert 2 * 24 * 3600 < sum(pauses) <= 3 * 24 * 3600
    assert sum(DeliverySettings(time_scale=1 / 300).retry_delays()) == pytest.approx(
        sum(pauses) / 300
    )


def test_nobody_there(receiver: Receiver) -> None:
    """Where nobody listens it is tried to the end, and the API is not held up."""
    nowhere = WebhookTarget(f"http://127.0.0.1:{free_port()}/", (SECRET,))
    there = WebhookTarget(receiver.url, (SECRET,))
    receiver.inject(OK)
    with Stripe(endpoints=[nowhere, there], delivery=DeliverySettings(time_scale=1e-6)) as sender:
        pair = Pair(sender, receiver)
        payment = create(pair)
        path = f"/pay/{payment}/events"
        secret = sender.call("GET", f"/v1/payment_intents/{payment}").json["client_secret"]

        def attempts() -> list[int | None]:
            told = sender.call("GET", path, {"client_secret": secret}).json
            return [attempt["status"] for attempt in told["events"][0]["webhooks"]]

        tries = 1 + len(list(DeliverySettings().retry_delays()))
        wait_until(lambda: attempts().count(None) == tries, 10, "it gives up")
        assert attempts().count(200) == 1
        assert pair.event()["pending_webhooks"] == 1


def test_the_filter_by_success(pair: Pair) -> None:
    """`delivery_success` false lists what an endpoint has not taken, true the rest."""
    client = connect(pair.sender)
    pair.receiver.inject(OK)
    create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 5, "the webhook is taken")
    create(pair)
    wait_until(lambda: len(pair.receiver.requests) >= 2, 5, "the second is refused")
    failed = client.v1.events.list({"delivery_success": False})
    taken = client.v1.events.list({"delivery_success": True})
    assert [event.type for event in failed.data] == ["payment_intent.created"]
    assert len(taken.data) == 1
    assert failed.data[0].id != taken.data[0].id


def test_only_what_is_enabled_is_sent(receiver: Receiver) -> None:
    """Each endpoint gets the types it wants; events of connected accounts go to Connect's."""
    own = WebhookTarget(f"{receiver.url}/own", (SECRET,), ("payment_intent.succeeded", "charge.*"))
    connected = WebhookTarget(f"{receiver.url}/connect", (SECRET,), connect=True)
    receiver.inject(OK, OK, OK)
    with Stripe(endpoints=[own, connected]) as sender:
        sender.pay(sender.call("POST", "/v1/payment_intents", PAYMENT).json["id"])
        account = {"Stripe-Account": "acct_1a"}
        sender.call("POST", "/v1/payment_intents", PAYMENT, headers=account)
        wait_until(lambda: len(receiver.requests) == 3, 5, "three webhooks")
    got = {(request.path, json.loads(request.body)["type"]) for request in receiver.requests}
    assert got == {
        ("/own", "charge.succeeded"),
        ("/own", "payment_intent.succeeded"),
        ("/connect", "payment_intent.created"),
    }


def test_an_endpoint_has_an_api_version_of_its_own(receiver: Receiver) -> None:
    """What is sent says the endpoint's version, what is listed the account's."""
    receiver.inject(OK)
    endpoint = WebhookTarget(receiver.url, (SECRET,), api_version="2024-04-10")
    with Stripe(endpoints=[endpoint]) as sender:
        create(Pair(sender, receiver))
        wait_until(lambda: len(receiver.requests) == 1, 5, "the webhook")
        assert json.loads(receiver.requests[0].body)["api_version"] == "2024-04-10"
        assert Pair(sender, receiver).event()["api_version"] == "2026-10-28.endive"
        (listed,) = sender.call("GET", "/v1/webhook_endpoints").json["data"]
        assert (listed["url"], listed["enabled_events"]) == (receiver.url, ["*"])
        assert "secret" not in listed


def deliveries(receiver: Receiver, delivery: DeliverySettings) -> tuple[list[str], list[str]]:
    """Return the ids of 21 events in the order of their making, and as they came."""
    receiver.inject(*[OK] * 60)
    endpoint = WebhookTarget(receiver.url, (SECRET,), ("payment_intent.created",))
    with Stripe(endpoints=[endpoint], delivery=delivery, seed=3) as sender:
        for _ in range(21):
            sender.call("POST", "/v1/payment_intents", PAYMENT)
        made = sender.call("GET", "/v1/events", {"limit": "100"}).json["data"]
        wait_until(lambda: len(set(ids(receiver))) == 21, 5, "all have come")
    return [event["id"] for event in reversed(made)], ids(receiver)


def ids(receiver: Receiver) -> list[str]:
    """Return the ids of the events received, each delivery one."""
    return [json.loads(request.body)["id"] for request in receiver.requests]


def test_order_and_number_as_told(receiver: Receiver) -> None:
    """The control: by one sender and without a word, each comes once, in order."""
    made, came = deliveries(receiver, DeliverySettings(in_flight=1))
    assert came == made


def test_duplicates_on_request(receiver: Receiver) -> None:
    """A share of the events comes twice, with the same id."""
    made, came = deliveries(receiver, DeliverySettings(in_flight=1, duplicates=0.5))
    assert set(came) == set(made)
    assert len(made) < len(came) < 2 * len(made)


def test_disorder_on_request(receiver: Receiver) -> None:
    """Events overtake each other; none is lost."""
    made, came = deliveries(receiver, DeliverySettings(in_flight=1, disorder_seconds=0.2))
    assert sorted(came) == sorted(made)
    assert came != made


def test_connections_are_kept(pair: Pair) -> None:
    """Webhooks in a row use few connections, not one each."""
    pair.receiver.inject(*[OK] * 30)
    for _ in range(30):
        create(pair)
    wait_until(lambda: len(pair.receiver.requests) >= 30, 5, "all have come")
    assert pair.receiver.run_in_loop(lambda: len(pair.receiver._connections)) <= QUICK.in_flight


def test_an_event_is_sent_again_by_hand(pair: Pair) -> None:
    """`/_sandbox/events/resend` sends an event once more, as the Dashboard's button does."""
    pair.receiver.inject(OK, OK)
    create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 5, "the webhook is taken")
    pair.sender.control("events/resend", event=pair.event()["id"])
    wait_until(lambda: len(pair.receiver.requests) == 2, 5, "it comes again")
    assert pair.event()["pending_webhooks"] == 0
