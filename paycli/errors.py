"""All errors that a caller, an operator or Stripe can receive, as one tree.

    PaycliError
    ├── SettingsInvalid               settings are missing or invalid
    ├── RequestInvalid                the caller's request can't be processed
    │   ├── BodyNotJson
    │   ├── FieldsInvalid             lists every invalid field
    │   ├── IdempotencyKeyMissing
    │   ├── IdempotencyKeyInvalid
    │   ├── CursorInvalid
    │   ├── UnknownEventType
    │   ├── LineInvalid               a line of an exported file is malformed
    │   ├── TopicNotConfirmed         replaying to another topic needs a confirmation
    │   ├── EventNotMapped
    │   ├── CheckoutWithoutPayment
    │   ├── PaymentNotSucceeded       nothing of the payment has been captured
    │   ├── HoldNotGranted            the hold does not have what the request needs
    │   ├── PayoutNotAutomatic        Stripe does not know what the payout pays out
    │   ├── Unauthorized
    │   ├── ScopeMissing              the caller may not do this
    │   ├── AccountNotAllowed         the caller may not act for the account
    │   └── BodyTooLarge
    ├── WebhookRefused                the webhook request was rejected
    │   ├── SignatureInvalid          (in paycli.webhooks.signature)
    │   ├── NotAStripeEvent
    │   └── ModeMismatch              a live event arrived at a daemon with a test key
    ├── EventNotOnTopic               no record of the event exists
    ├── EndpointUnchanged             a webhook endpoint cannot be changed as requested
    ├── Busy                          too many Stripe requests are in flight
    ├── StripeFailure                 a request to Stripe failed
    │   ├── CardRefused
    │   ├── RequestRefused
    │   ├── PaymentNotFound
    │   ├── RefundNotFound
    │   ├── TransferNotFound
    │   ├── PayoutNotFound
    │   ├── PayoutNotReconciled       Stripe does not know yet what the payout pays out
    │   ├── AccountNotFound
    │   ├── CustomerNotFound
    │   ├── PaymentMethodNotFound
    │   ├── SetupNotFound
    │   ├── DisputeNotFound
    │   ├── DisputeNotOpen            the dispute takes no response any more
    │   ├── EventNotFound
    │   ├── AccountRefused
    │   ├── IdempotencyKeyReused
    │   ├── IdempotencyKeyInUse
    │   ├── RateLimited
    │   ├── StripeUnavailable
    │   ├── StripeTimeout
    │   ├── StripeOutcomeUnknown
    │   └── StripeCredentialsRefused
    ├── SchemaRegistryFailure         a request to the schema registry failed
    └── KafkaFailure                  a record could not be published or read
        ├── NotPersisted
        ├── BrokerUnreachable
        ├── TooManyWebhooks
        ├── TopicMissing
        └── RecordTooLarge

`code` is stable and part of the public interface. `detail` is a sentence for humans that says what
to do. Neither ever contains a key, a token, a `client_secret` or card data.
"""

from dataclasses import dataclass
from typing import ClassVar

MAX_PROBLEMS = 20
"""How many invalid fields of a request are reported."""


class PaycliError(Exception):
    """Base class of all errors: `detail` for humans, `code` for programs."""

    code: ClassVar[str] = "failed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Problem:
    """One invalid value: `where` it is (setting name or JSON pointer) and how to correct it."""

    where: str
    detail: str


class SettingsInvalid(PaycliError):
    """Settings are missing or invalid.

    `problems` lists all of them by setting name.
    """

    code = "settings_invalid"

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.detail}" for problem in problems))
        self.problems = problems


class RequestInvalid(PaycliError):
    """The request can't be processed as it was sent."""


class BodyNotJson(RequestInvalid):
    """The request body is not valid JSON."""

    code = "body_not_json"


class FieldsInvalid(RequestInvalid):
    """Fields are missing, unknown or invalid.

    `problems` lists them by JSON pointer, up to MAX_PROBLEMS; `omitted` is the number of the
    others. The length of the list is up to the caller, so it is limited; that of SettingsInvalid is
    not, since the settings of an operator are few.
    """

    code = "fields_invalid"

    def __init__(self, problems: list[Problem], omitted: int = 0) -> None:
        self.problems = problems[:MAX_PROBLEMS]
        self.omitted = omitted + len(problems) - len(self.problems)
        details = [f"{problem.where}: {problem.detail}" for problem in self.problems]
        others = [f"and {self.omitted} more"] if self.omitted else []
        super().__init__("; ".join([*details, *others]))


class IdempotencyKeyMissing(RequestInvalid):
    """The request requires an idempotency key."""

    code = "idempotency_key_missing"


class IdempotencyKeyInvalid(RequestInvalid):
    """The idempotency key is malformed, or starts with the name of another caller."""

    code = "idempotency_key_invalid"


class CursorInvalid(RequestInvalid):
    """The cursor does not belong to this list request."""

    code = "cursor_invalid"


class UnknownEventType(RequestInvalid):
    """The event type is unknown."""

    code = "unknown_event_type"


class LineInvalid(RequestInvalid):
    """A line is not a record in the format that an export writes."""

    code = "line_invalid"


class TopicNotConfirmed(RequestInvalid):
    """The target topic differs from the records' own topic and was not confirmed."""

    code = "topic_not_confirmed"


class EventNotMapped(RequestInvalid):
    """The Stripe event's type is not mapped to an internal event."""

    code = "event_not_mapped"


class CheckoutWithoutPayment(RequestInvalid):
    """The Checkout Session has no PaymentIntent yet."""

    code = "checkout_without_payment"


class PaymentNotSucceeded(RequestInvalid):
    """Nothing of the payment has been captured yet."""

    code = "payment_not_succeeded"


class PayoutNotAutomatic(RequestInvalid):
    """The payout was made by hand: Stripe does not know what it pays out."""

    code = "payout_not_automatic"


class HoldNotGranted(RequestInvalid):
    """The hold was not granted what the request needs. Nothing was changed."""

    code = "hold_not_granted"


class Unauthorized(RequestInvalid):
    """The bearer token is missing or unknown."""

    code = "unauthorized"


class ScopeMissing(RequestInvalid):
    """The caller's token does not have the `scope` of the operation."""

    code = "scope_missing"

    def __init__(self, detail: str, scope: str) -> None:
        super().__init__(detail)
        self.scope = scope


class AccountNotAllowed(RequestInvalid):
    """The caller may not act for the account of the request."""

    code = "account_not_allowed"


class BodyTooLarge(RequestInvalid):
    """The request body exceeds the size limit."""

    code = "body_too_large"


class WebhookRefused(PaycliError):
    """The webhook request was rejected."""


class NotAStripeEvent(WebhookRefused):
    """The body is correctly signed but is not a Stripe event."""

    code = "not_a_stripe_event"


class ModeMismatch(WebhookRefused):
    """A live event arrived at a daemon that is configured with a test key."""

    code = "mode_mismatch"


class EventNotOnTopic(PaycliError):
    """No record of the event exists on the topics."""

    code = "event_not_on_topic"


class EndpointUnchanged(PaycliError):
    """A webhook endpoint at Stripe cannot be changed as requested; nothing was changed."""

    code = "endpoint_unchanged"


class Busy(PaycliError):
    """Too many requests to Stripe are in flight in this process."""

    code = "busy"


class StripeFailure(PaycliError):
    """The request to Stripe was refused or failed.

    `should_retry` is whether Stripe asks to repeat the request, None if it says nothing.
    `missing_permission` is what our restricted key lacks, such as `rak_event_read`. `payment_id` is
    the PaymentIntent that a refused charge left behind.
    """

    retryable: ClassVar[bool | None] = None
    """Whether to retry with the same idempotency key; None if the error does not determine it."""

    def __init__(
        self,
        detail: str,
        *,
        stripe_code: str | None = None,
        decline_code: str | None = None,
        stripe_request_id: str | None = None,
        retry_after_seconds: int | None = None,
        should_retry: bool | None = None,
        missing_permission: str | None = None,
        payment_id: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.payment_id = payment_id
        self.missing_permission = missing_permission
        self.stripe_code = stripe_code
        self.decline_code = decline_code
        self.stripe_request_id = stripe_request_id
        self.retry_after_seconds = retry_after_seconds
        self.should_retry = should_retry

    @property
    def detail_for_operators(self) -> str:
        """The detail, with Stripe's codes, and the ids by which it is found in the Dashboard."""
        facts = {
            "code": self.stripe_code,
            "decline_code": self.decline_code,
            "payment_id": self.payment_id,
            "stripe_request_id": self.stripe_request_id,
        }
        shown = ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)
        return f"{self.detail} ({shown})" if shown else self.detail


class CardRefused(StripeFailure):
    """The card was declined (402 from Stripe)."""

    code = "card_refused"


class RequestRefused(StripeFailure):
    """Stripe rejected the request as invalid (400 from Stripe)."""

    code = "request_refused"


class PaymentNotFound(StripeFailure):
    """The payment does not exist."""

    code = "payment_not_found"


class RefundNotFound(StripeFailure):
    """The refund does not exist."""

    code = "refund_not_found"


class TransferNotFound(StripeFailure):
    """The transfer does not exist."""

    code = "transfer_not_found"


class PayoutNotFound(StripeFailure):
    """The payout does not exist."""

    code = "payout_not_found"


class PayoutNotReconciled(StripeFailure):
    """Stripe is still assigning balance transactions to the payout."""

    code = "payout_not_reconciled"
    retryable = True


class AccountNotFound(StripeFailure):
    """The connected account does not exist, or is not connected to this platform."""

    code = "account_not_found"


class CustomerNotFound(StripeFailure):
    """The customer does not exist, or was deleted."""

    code = "customer_not_found"


class PaymentMethodNotFound(StripeFailure):
    """The payment method does not exist, or is not attached to the customer."""

    code = "payment_method_not_found"


class SetupNotFound(StripeFailure):
    """The setup does not exist."""

    code = "setup_not_found"


class DisputeNotFound(StripeFailure):
    """The dispute does not exist."""

    code = "dispute_not_found"


class DisputeNotOpen(StripeFailure):
    """The dispute takes no response any more: it was responded to, is closed or past its deadline.

    Stripe refuses the request; the cause is read from the dispute's state.
    """

    code = "dispute_not_open"


class EventNotFound(StripeFailure):
    """The event does not exist at Stripe, which keeps events for 30 days."""

    code = "event_not_found"


class AccountRefused(StripeFailure):
    """The account does not exist or is not connected to this platform (403 from Stripe)."""

    code = "account_invalid"


class IdempotencyKeyReused(StripeFailure):
    """The idempotency key was already used in this account with different parameters."""

    code = "idempotency_key_reused"


class IdempotencyKeyInUse(StripeFailure):
    """Another request with the same idempotency key is still in progress."""

    code = "idempotency_key_in_use"


class RateLimited(StripeFailure):
    """Stripe's rate limit was exceeded, or other requests kept an object locked."""

    code = "stripe_rate_limited"


class StripeUnavailable(StripeFailure):
    """Stripe could not be reached or sent a malformed response; retry with the same key."""

    code = "stripe_unavailable"
    retryable = True


class StripeTimeout(StripeFailure):
    """Stripe did not respond in time; retry with the same key."""

    code = "stripe_timeout"
    retryable = True


class StripeOutcomeUnknown(StripeFailure):
    """Stripe responded with a 500, or so that it could not be read: the effect is unknown.

    A retry with the same key returns the same: look up what it did before using a new key.
    """

    code = "stripe_outcome_unknown"
    retryable = False


class StripeCredentialsRefused(StripeFailure):
    """Stripe rejected the service's own API key (401 or 403 from Stripe)."""

    code = "stripe_credentials"
    retryable = False


class SchemaRegistryFailure(PaycliError):
    """The schema registry refused the request, or could not be reached."""

    code = "schema_registry_failed"


class KafkaFailure(PaycliError):
    """The record could not be published, or the topic could not be read."""


class NotPersisted(KafkaFailure):
    """Kafka did not acknowledge the record in time; it may or may not be persisted."""

    code = "not_persisted"


class BrokerUnreachable(KafkaFailure):
    """No Kafka broker is reachable."""

    code = "kafka_unreachable"


class TooManyWebhooks(KafkaFailure):
    """Too many webhooks are already waiting for Kafka's acknowledgement."""

    code = "kafka_overloaded"


class TopicMissing(KafkaFailure):
    """The topic does not exist; the service never creates topics."""

    code = "topic_missing"

    @staticmethod
    def repair(topic: str) -> str:
        """Returns the command that creates a topic, with three replicas, two of them in sync."""
        return (
            f"kafka-topics.sh --create --topic {topic} --replication-factor 3 "
            "--config min.insync.replicas=2"
        )


class RecordTooLarge(KafkaFailure):
    """The record exceeds the producer's or the broker's size limit."""

    code = "record_too_large"
