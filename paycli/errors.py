"""Every failure that a caller, an operator or Stripe can see, as one tree.

    PaycliError
    ├── SettingsInvalid               settings missing or wrong
    ├── RequestInvalid                what the caller sent
    │   ├── BodyNotJson
    │   ├── FieldsInvalid             every wrong field at once
    │   ├── IdempotencyKeyMissing
    │   ├── IdempotencyKeyInvalid
    │   ├── CursorInvalid
    │   ├── UnknownEventType          no event of Stripe or of ours has that name
    │   ├── LineInvalid               a file to replay has something else in it
    │   ├── TopicNotConfirmed              records would go to another topic than theirs
    │   ├── EventNotMapped              an event of a type that is not told
    │   ├── CheckoutWithoutPayment    nobody has paid at this checkout yet
    │   ├── Unauthorized
    │   └── BodyTooLarge
    ├── WebhookRefused                what came to the webhook address
    │   ├── SignatureInvalid          (in paycli.webhooks.signature)
    │   ├── NotAStripeEvent
    │   └── ModeMismatch              a live event where a test key is set
    ├── EventNotOnTopic               nothing of that id was published
    ├── Busy                          too many payments in flight
    ├── StripeFailure                   what Stripe answered, or did not
    │   ├── CardRefused
    │   ├── RequestRefused
    │   ├── PaymentNotFound
    │   ├── RefundNotFound
    │   ├── EventNotFound
    │   ├── AccountRefused            not an account that is connected to ours
    │   ├── IdempotencyKeyReused
    │   ├── IdempotencyKeyInUse
    │   ├── RateLimited
    │   ├── StripeUnavailable
    │   ├── StripeTimeout
    │   ├── StripeOutcomeUnknown
    │   └── StripeCredentialsRefused
    └── KafkaFailure                    what the broker answered, or did not
        ├── NotPersisted              no acknowledgement within the deadline
        ├── BrokerUnreachable
        ├── TooManyWebhooks
        ├── TopicMissing
        └── RecordTooLarge

`code` is stable and part of the public interface; `detail` is a sentence for people that says
what to do. Neither ever holds a key, a token, a `client_secret` or anything of a card.
"""

from dataclasses import dataclass
from typing import ClassVar


class PaycliError(Exception):
    """A failure with a sentence for people (`detail`) and a stable `code`."""

    code: ClassVar[str] = "failed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `where` it is (a setting's name, a JSON pointer), and what to do."""

    where: str
    detail: str


class SettingsInvalid(PaycliError):
    """Settings are missing or wrong; `problems` has all of them, by the setting's name."""

    code = "settings_invalid"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.detail}" for problem in problems))
        self.problems = problems


class RequestInvalid(PaycliError):
    """The caller's request can't be served as it is."""


class BodyNotJson(RequestInvalid):
    """The request's body is not JSON."""

    code = "body_not_json"


class FieldsInvalid(RequestInvalid):
    """Fields are missing, unknown or wrong; `problems` has all of them, by JSON pointer."""

    code = "fields_invalid"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.detail}" for problem in problems))
        self.problems = problems


class IdempotencyKeyMissing(RequestInvalid):
    """A request that writes came without an idempotency key."""

    code = "idempotency_key_missing"


class IdempotencyKeyInvalid(RequestInvalid):
    """The idempotency key is not 1 to 200 printable ASCII characters, or another caller's."""

    code = "idempotency_key_invalid"


class CursorInvalid(RequestInvalid):
    """The cursor was not given out for this listing."""

    code = "cursor_invalid"


class UnknownEventType(RequestInvalid):
    """No event has that name, at Stripe or here."""

    code = "unknown_event_type"


class LineInvalid(RequestInvalid):
    """A line is no record as an export writes them."""

    code = "line_invalid"


class TopicNotConfirmed(RequestInvalid):
    """Records would go to another topic than they came from, and nobody said so."""

    code = "topic_not_confirmed"


class EventNotMapped(RequestInvalid):
    """A Stripe event is of a type that is not told to others."""

    code = "event_not_mapped"


class CheckoutWithoutPayment(RequestInvalid):
    """The Checkout Session has no PaymentIntent that could be acted on."""

    code = "checkout_without_payment"


class Unauthorized(RequestInvalid):
    """The bearer token is missing or unknown."""

    code = "unauthorized"


class BodyTooLarge(RequestInvalid):
    """The request's body is over the limit."""

    code = "body_too_large"


class WebhookRefused(PaycliError):
    """Something came to the webhook address that is not taken."""


class NotAStripeEvent(WebhookRefused):
    """The signed body is not a Stripe event."""

    code = "not_a_stripe_event"


class ModeMismatch(WebhookRefused):
    """A genuine live event reached a daemon that holds a test key."""

    code = "mode_mismatch"


class EventNotOnTopic(PaycliError):
    """No record of the event is on our topics."""

    code = "event_not_on_topic"


class Busy(PaycliError):
    """Too many payments are in flight in this process."""

    code = "busy"


class StripeFailure(PaycliError):
    """Stripe refused, failed or was not reached."""

    retryable: ClassVar[bool | None] = None
    """Whether the same request with the same idempotency key may be sent again; None: no word."""

    def __init__(
        self,
        detail: str,
        *,
        stripe_code: str | None = None,
        decline_code: str | None = None,
        stripe_request_id: str | None = None,
        retry_after_seconds: int | None = None,
    ) -> None:
        super().__init__(detail)
        self.stripe_code = stripe_code
        self.decline_code = decline_code
        self.stripe_request_id = stripe_request_id
        self.retry_after_seconds = retry_after_seconds


class CardRefused(StripeFailure):
    """The card was refused (Stripe's 402)."""

    code = "card_refused"


class RequestRefused(StripeFailure):
    """Stripe refused the request (its 400)."""

    code = "request_refused"


class PaymentNotFound(StripeFailure):
    """Stripe knows no such payment."""

    code = "payment_not_found"


class RefundNotFound(StripeFailure):
    """Stripe knows no such refund."""

    code = "refund_not_found"


class EventNotFound(StripeFailure):
    """Stripe knows no such event, or no longer: it keeps them for 30 days."""

    code = "event_not_found"


class AccountRefused(StripeFailure):
    """The account is not connected to ours, or does not exist (Stripe's 403)."""

    code = "account_invalid"


class IdempotencyKeyReused(StripeFailure):
    """The idempotency key was used before, with another body."""

    code = "idempotency_key_reused"


class IdempotencyKeyInUse(StripeFailure):
    """A request with the same idempotency key is still being worked on."""

    code = "idempotency_key_in_use"


class RateLimited(StripeFailure):
    """Stripe's rate limit is reached."""

    code = "stripe_rate_limited"


class StripeUnavailable(StripeFailure):
    """Stripe was not reached, or answered rubbish: again with the same key."""

    code = "stripe_unavailable"
    retryable = True


class StripeTimeout(StripeFailure):
    """Stripe gave no answer in time: again with the same key."""

    code = "stripe_timeout"
    retryable = True


class StripeOutcomeUnknown(StripeFailure):
    """Stripe answered 500, which the same key only repeats: look for the payment first."""

    code = "stripe_outcome_unknown"
    retryable = False


class StripeCredentialsRefused(StripeFailure):
    """Stripe refuses our own key (its 401 or 403)."""

    code = "stripe_credentials"
    retryable = False


class KafkaFailure(PaycliError):
    """The record is not known to be persisted."""


class NotPersisted(KafkaFailure):
    """No acknowledgement within the deadline; the record may or may not be persisted."""

    code = "not_persisted"


class BrokerUnreachable(KafkaFailure):
    """No broker can be reached."""

    code = "kafka_unreachable"


class TooManyWebhooks(KafkaFailure):
    """Kafka is slow, and as many records wait for it as may."""

    code = "kafka_overloaded"


class TopicMissing(KafkaFailure):
    """The topic does not exist; it is never created from here."""

    code = "topic_missing"


class RecordTooLarge(KafkaFailure):
    """The record is over the producer's or the broker's limit."""

    code = "record_too_large"
