"""The errors of a declined card: https://docs.stripe.com/declines."""

from paycli.sandbox.standin.api.errors import StripeErrorResponse, doc_url
from paycli.sandbox.standin.resources.payment_objects import Intent, PaymentMethodState
from paycli.sandbox.standin.resources.stripe_test_methods import Decline
from paycli.sandbox.standin.store.objects import Json
from paycli.sandbox.standin.store.rendering import as_json


def last_error(decline: Decline, method: PaymentMethodState, error_type: str) -> Json:
    """The error that an intent shows of its last attempt."""
    return {
        "code": decline.code,
        **({"decline_code": decline.decline_code} if decline.decline_code else {}),
        **({"advice_code": decline.advice_code} if decline.advice_code else {}),
        "doc_url": doc_url(decline.code),
        "message": decline.message,
        "payment_method": as_json(method),
        "type": error_type,
    }


def declined(intent: Intent) -> StripeErrorResponse:
    """The 402 of the intent's last attempt, with the intent."""
    error = intent.last_error
    assert error is not None
    own = ("code", "message", "type", "doc_url")
    extra = {name: value for name, value in error.items() if name not in own}
    return StripeErrorResponse(
        str(error["message"]),
        status=402,
        error_type="card_error",
        code=str(error["code"]),
        stored=True,
        extra={**extra, intent.TYPE: as_json(intent)},
    )
