"""Webhook delivery (https://docs.stripe.com/webhooks) to a real server."""

import asyncio
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
from paycli.sandbox.standin.webhooks.client import CLOSED, IDLE_CLOSED, NotDelivered, WebhookClient

SECRET, OLD_SECRET = "whsec_new", "whsec_old"
PAYMENT = {"amount": "2000", "currency": "eur"}
OK = respond(200, {})
FAST_DELIVERY = DeliverySettings(time_scale=1 / 30_000, timeout_seconds=0.5)


class Receiver(Stripe):
    """A server that receives webhooks: it sends the injected responses, else 401."""


@dataclass
class Pair:
    """A stand-in that sends webhooks, and their receiver."""

    sender: Stripe
    receiver: Receiver

    def event(self) -> dict[str, object]:
        """Return the newest event of the API."""
        newest: dict[str, object] = self.sender.call("GET", "/v1/events").json["data"][0]
        return newest


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server that receives webhooks."""
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def pair(receiver: Receiver) -> Iterator[Pair]:
    """A sender with one endpoint for PaymentIntents, whose secret is being rolled."""
    endpoint = WebhookTarget(
        f"{receiver.url}/hook?a=b", (SECRET, OLD_SECRET), ("payment_intent.*",)
    )
    with Stripe(endpoints=[endpoint], delivery=FAST_DELIVERY) as sender:
        yield Pair(sender, receiver)


def create(pair: Pair) -> str:
    """Create a payment and return its id."""
    return str(pair.sender.call("POST", "/v1/payment_intents", PAYMENT).json["id"])


def test_stripes_sdk_verifies_the_signature(pair: Pair) -> None:
    """Each secret of the endpoint signs; the body is the event of the API."""
    pair.receiver.inject(OK)
    payment = create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 5, "the webhook is delivered")
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
def test_a_webhook_is_retried_until_2xx(pair: Pair, fault: Fault) -> None:
    """A response other than 2xx, or none in time, is retried with the same event."""
    pair.receiver.inject(fault, fault, OK)
    create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 10, "the webhook is delivered")
    assert ids(pair.receiver) == [pair.event()["id"]] * 3


def test_retry_delays_grow_and_end_as_stripes_do() -> None:
    """Delays grow from minutes to half a day, for at most three days; `time_scale` scales them."""
    delays = list(DeliverySettings(time_scale=1).retry_delays())
    assert delays[:3] == [300, 600, 1200]
    assert delays == sorted(delays)
    assert max(delays) == 12 * 3600
    assert 2 * 24 * 3600 < sum(delays) <= 3 * 24 * 3600
    assert sum(DeliverySettings(time_scale=1 / 300).retry_delays()) == pytest.approx(
        sum(delays) / 300
    )


def test_an_unreachable_endpoint_blocks_nothing(receiver: Receiver) -> None:
    """An unreachable endpoint is retried to the end; the other endpoint and the API work."""
    unreachable = WebhookTarget(f"http://127.0.0.1:{free_port()}/", (SECRET,))
    reachable = WebhookTarget(receiver.url, (SECRET,))
    receiver.inject(OK)
    with Stripe(
        endpoints=[unreachable, reachable], delivery=DeliverySettings(time_scale=1e-6)
    ) as sender:
        pair = Pair(sender, receiver)
        payment = create(pair)
        path = f"/pay/{payment}/events"
        secret = sender.call("GET", f"/v1/payment_intents/{payment}").json["client_secret"]

        def attempts() -> list[int | None]:
            activity = sender.call("GET", path, {"client_secret": secret}).json
            return [attempt["status"] for attempt in activity["events"][0]["webhooks"]]

        tries = 1 + len(list(DeliverySettings().retry_delays()))
        wait_until(lambda: attempts().count(None) == tries, 10, "all retries are done")
        assert attempts().count(200) == 1
        assert pair.event()["pending_webhooks"] == 1


def test_events_are_filtered_by_delivery_success(pair: Pair) -> None:
    """`delivery_success` false lists events that are not yet delivered, true the others."""
    client = connect(pair.sender)
    pair.receiver.inject(OK)
    create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 5, "the webhook is delivered")
    create(pair)
    wait_until(lambda: len(pair.receiver.requests) >= 2, 5, "the second is refused")
    failed = client.v1.events.list({"delivery_success": False})
    taken = client.v1.events.list({"delivery_success": True})
    assert [event.type for event in failed.data] == ["payment_intent.created"]
    assert len(taken.data) == 1
    assert failed.data[0].id != taken.data[0].id


def test_endpoints_get_only_their_enabled_events(receiver: Receiver) -> None:
    """Endpoints get their enabled types; Connect endpoints get connected accounts' events."""
    own = WebhookTarget(f"{receiver.url}/own", (SECRET,), ("payment_intent.succeeded", "charge.*"))
    connected = WebhookTarget(f"{receiver.url}/connect", (SECRET,), connect=True)
    receiver.inject(OK, OK, OK)
    with Stripe(endpoints=[own, connected]) as sender:
        sender.pay(sender.call("POST", "/v1/payment_intents", PAYMENT).json["id"])
        account = {"Stripe-Account": "acct_1a"}
        sender.call("POST", "/v1/payment_intents", PAYMENT, headers=account)
        wait_until(lambda: len(receiver.requests) == 3, 5, "three webhooks")
    received = {(request.path, json.loads(request.body)["type"]) for request in receiver.requests}
    assert received == {
        ("/own", "charge.succeeded"),
        ("/own", "payment_intent.succeeded"),
        ("/connect", "payment_intent.created"),
    }


def test_an_endpoint_can_have_its_own_api_version(receiver: Receiver) -> None:
    """Webhooks have the endpoint's API version, listed events the account's."""
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


def test_an_endpoint_created_by_the_api_gets_events_until_it_is_disabled(
    receiver: Receiver,
) -> None:
    """Its own secret, shown only at creation, signs them; an update changes types and address."""
    receiver.inject(*[OK] * 4)
    path = "/v1/webhook_endpoints"
    with Stripe(delivery=FAST_DELIVERY) as sender:
        pair = Pair(sender, receiver)
        form = {"url": f"{receiver.url}/a", "enabled_events[0]": "payment_intent.created"}
        created = sender.call("POST", path, form).json
        create(pair)
        wait_until(lambda: len(receiver.requests) == 1, 5, "the webhook")
        sent = receiver.requests[0]
        header, secret = sent.headers["stripe-signature"], created["secret"]
        assert Webhook.construct_event(sent.body, header, secret).type == "payment_intent.created"
        with pytest.raises(stripe.SignatureVerificationError):
            Webhook.construct_event(sent.body, header, SECRET)
        one = f"{path}/{created['id']}"
        moved = sender.call("POST", one, {"url": f"{receiver.url}/b"}).json
        create(pair)
        wait_until(lambda: len(receiver.requests) == 2, 5, "the second webhook")
        assert receiver.requests[1].path == "/b"
        assert sender.call("POST", one, {"disabled": "true"}).json["status"] == "disabled"
        create(pair)
        assert pair.event()["pending_webhooks"] == 0
        assert sender.call("POST", one, {"disabled": "false"}).json == moved
        create(pair)
        wait_until(lambda: len(receiver.requests) == 3, 5, "the last webhook")
        assert "secret" not in moved
        for fixed in ("api_version", "connect"):
            assert sender.call("POST", one, {fixed: "true"}).status == 400
        for wrong in ({"url": "x"}, {"enabled_events": ""}, {"enabled_events[0]": "no type"}):
            assert sender.call("POST", path, {**form, **wrong}).status == 400
        assert sender.call("GET", f"{path}/we_none").status == 404


def deliveries(receiver: Receiver, delivery: DeliverySettings) -> tuple[list[str], list[str]]:
    """Return the ids of 21 events in the order of creation, and in the order received."""
    receiver.inject(*[OK] * 60)
    endpoint = WebhookTarget(receiver.url, (SECRET,), ("payment_intent.created",))
    with Stripe(endpoints=[endpoint], delivery=delivery, seed=3) as sender:
        for _ in range(21):
            sender.call("POST", "/v1/payment_intents", PAYMENT)
        created = sender.call("GET", "/v1/events", {"limit": "100"}).json["data"]
        wait_until(lambda: len(set(ids(receiver))) == 21, 5, "all webhooks")
    return [event["id"] for event in reversed(created)], ids(receiver)


def ids(receiver: Receiver) -> list[str]:
    """Return the event id of each received webhook."""
    return [json.loads(request.body)["id"] for request in receiver.requests]


def test_by_default_each_event_is_sent_once_in_order(receiver: Receiver) -> None:
    """Control: with one delivery at a time, each event is received once, in order."""
    created, received = deliveries(receiver, DeliverySettings(in_flight=1))
    assert received == created


def test_duplicates_can_be_enabled(receiver: Receiver) -> None:
    """A share of the events is received twice, with the same id."""
    created, received = deliveries(receiver, DeliverySettings(in_flight=1, duplicates=0.5))
    assert set(received) == set(created)
    assert len(created) < len(received) < 2 * len(created)


def test_disorder_can_be_enabled(receiver: Receiver) -> None:
    """Events are received in another order; none is lost."""
    created, received = deliveries(receiver, DeliverySettings(in_flight=1, disorder_seconds=0.2))
    assert sorted(received) == sorted(created)
    assert received != created


def test_connections_are_reused(pair: Pair) -> None:
    """Successive webhooks share connections."""
    pair.receiver.inject(*[OK] * 30)
    for _ in range(30):
        create(pair)
    wait_until(lambda: len(pair.receiver.requests) >= 30, 5, "all webhooks")
    assert (
        pair.receiver.run_in_loop(lambda: len(pair.receiver._connections))
        <= FAST_DELIVERY.in_flight
    )


def test_an_event_can_be_resent(pair: Pair) -> None:
    """`/_sandbox/events/resend` delivers an event once more, like "Resend" in the Dashboard."""
    pair.receiver.inject(OK, OK)
    create(pair)
    wait_until(lambda: pair.event()["pending_webhooks"] == 0, 5, "the webhook is delivered")
    pair.sender.control("events/resend", event=pair.event()["id"])
    wait_until(lambda: len(pair.receiver.requests) == 2, 5, "the event is resent")
    assert pair.event()["pending_webhooks"] == 0


@pytest.mark.parametrize(("answered", "reason"), [(0, CLOSED), (1, IDLE_CLOSED)])
def test_a_connection_closed_without_a_response_is_reported(answered: int, reason: str) -> None:
    """An idle connection that the server closes is distinguished from a new one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(answered):
            await reader.readuntil(b"{}")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await reader.readuntil(b"{}")
        writer.close()

    async def post() -> None:
        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            host, port = server.sockets[0].getsockname()
            client = WebhookClient(timeout_seconds=10)
            for _ in range(answered):
                assert (await client.post(f"http://{host}:{port}/", b"{}", {})).status == 200
            with pytest.raises(NotDelivered, match=f"^{reason}$"):
                await client.post(f"http://{host}:{port}/", b"{}", {})
            client.close()

    asyncio.run(post())
