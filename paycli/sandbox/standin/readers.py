"""What can only be read: events, charges, the account, its webhook endpoints, payment methods."""

from collections.abc import Sequence

from paycli.sandbox.standin import params
from paycli.sandbox.standin.call import Call, Page
from paycli.sandbox.standin.examples import example
from paycli.sandbox.standin.lists import LIST, listed
from paycli.sandbox.standin.params import Schema, text
from paycli.sandbox.standin.refusals import Refusal
from paycli.sandbox.standin.resources.payment_objects import (
    ChargeState,
    EmittedEvent,
    JsonObjectState,
    ObjectState,
    PaymentMethodState,
)

MAX_TYPES = 20
LIST_OF_EVENTS: Schema = {
    **LIST,
    "created": params.timestamps,
    "delivery_success": params.boolean,
    "type": text(),
    "types": params.array(text()),
}
LIST_OF_CHARGES: Schema = {
    **LIST,
    "created": params.timestamps,
    "customer": text(),
    "payment_intent": text(),
    "transfer_group": text(),
}


def get_event(call: Call) -> ObjectState:
    """https://docs.stripe.com/api/events/retrieve."""
    return call.the(EmittedEvent, "event")


def list_events(call: Call) -> Page:
    """https://docs.stripe.com/api/events/list.

    `delivery_success` false: those that an endpoint has not yet taken.
    """
    asked = call.params
    one, many = asked.text("type"), asked.many("types")
    if one is not None and many is not None:
        raise Refusal("You may only give one of these parameters: type, types.")
    if many is not None and len(many) > MAX_TYPES:
        raise Refusal(f"You may give at most {MAX_TYPES} types.", param="types")
    patterns = [one] if one is not None else [str(name) for name in many or ()]
    success = asked.values.get("delivery_success")

    def wanted(event: EmittedEvent) -> bool:
        if patterns and not any(matches(event.type, pattern) for pattern in patterns):
            return False
        return success is None or success is (event.pending == 0)

    return listed(call, EmittedEvent, "/v1/events", wanted)


def matches(event_type: str, pattern: str) -> bool:
    """Whether a type is meant by a name, a group such as `charge.*`, or `*`."""
    if pattern.endswith("*"):
        return event_type.startswith(pattern[:-1])
    return event_type == pattern


def get_charge(call: Call) -> ObjectState:
    """https://docs.stripe.com/api/charges/retrieve."""
    return call.the(ChargeState, "charge")


def list_charges(call: Call) -> Page:
    """https://docs.stripe.com/api/charges/list."""
    asked = call.params
    intent, customer = asked.text("payment_intent"), asked.text("customer")
    group = asked.text("transfer_group")
    return listed(
        call,
        ChargeState,
        "/v1/charges",
        lambda it: (
            intent in (None, it.intent.id)
            and customer in (None, it.intent.echoed.get("customer"))
            and group in (None, it.intent.echoed.get("transfer_group"))
        ),
    )


def get_payment_method(call: Call) -> ObjectState:
    """https://docs.stripe.com/api/payment_methods/retrieve."""
    return call.the(PaymentMethodState, "payment_method")


def get_account(call: Call) -> ObjectState:
    """https://docs.stripe.com/api/accounts/retrieve: the caller's own, able to charge and pay out."""  # noqa: E501  (an address)
    return account(call)


def account(call: Call) -> JsonObjectState:
    """The account of the scope, made when it is first asked for."""
    world, scope = call.world, call.scope
    identity = f"{scope.account}/{scope.livemode}"
    found = world.objects.get(identity)
    if isinstance(found, JsonObjectState):
        return found
    able: dict[str, object] = {
        "charges_enabled": True,
        "created": world.now(),
        "details_submitted": True,
        "external_accounts": {
            "data": [],
            "has_more": False,
            "object": "list",
            "url": f"/v1/accounts/{scope.account}/external_accounts",
        },
        "id": scope.account,
        "payouts_enabled": True,
        "requirements": {
            **dict.fromkeys(("current_deadline", "disabled_reason")),
            **{
                name: []
                for name in (
                    "alternatives",
                    "currently_due",
                    "errors",
                    "eventually_due",
                    "past_due",
                    "pending_verification",
                )
            },
        },
    }
    made = JsonObjectState(
        id=identity,
        scope=scope,
        created=world.now(),
        number=world.next_number(),
        json=example("account", **able),
    )
    world.objects[identity] = made
    return made


def list_endpoints(endpoints: Sequence[JsonObjectState], _: Call) -> Page:
    """https://docs.stripe.com/api/webhook_endpoints/list."""
    return Page([*endpoints], has_more=False, url="/v1/webhook_endpoints")
