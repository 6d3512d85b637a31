"""An in-memory stand-in for Stripe, over real HTTP.

`StandIn` serves the API under `/v1`, delivers webhooks, and injects faults. Its data is lost when
it stops.

How it differs from Stripe:

- It supports Customers, CustomerSessions, PaymentMethods, PaymentIntents, SetupIntents, Refunds,
  Checkout Sessions in the modes `payment` and `setup`, Charges, Transfers and their reversals,
  Accounts, AccountLinks, Events and webhook endpoints, which belong to both modes, and reads of
  Payouts, the Balance, BalanceTransactions and ApplicationFees. Other paths are 404.
- Parameters that it does not support are refused as unknown. Any key of the right form is valid,
  and any `acct_…` is an account of its own.
- Payments need Stripe's test cards or one of three bank accounts. Only cards can be set up or
  attached to a customer, and there are no SetupAttempts.
- Responses are compact JSON, always in one API version: `Stripe-Version` is only echoed. A
  publishable key with the client secret gets the whole object.
- Events about balances, such as `charge.updated`, are not sent. A charge is settled in its own
  currency and available after two days, all else at once. Stripe's fees are those of
  `resources/ledger.py`.
- Payouts are made by a control route, not by a schedule.
- Accounts are enabled, except those that were created; opening their AccountLink enables them.
- Open PaymentIntents do not expire; Sessions do when they are next read, and holds also when the
  clock is moved.
- The last 20,000 events and idempotency keys are kept, not those of 30 days and of 24 hours.
- Search finds new objects immediately; Stripe takes up to a minute.
- Bank debits and refunds settle after about a second; webhooks are retried after seconds instead
  of hours.
"""

from paycli.sandbox.standin.faults import Fault, FaultKind
from paycli.sandbox.standin.resources.webhook_endpoints import WebhookTarget
from paycli.sandbox.standin.server import StandIn
from paycli.sandbox.standin.webhooks.settings import DeliverySettings

__all__ = ["DeliverySettings", "Fault", "FaultKind", "StandIn", "WebhookTarget"]
