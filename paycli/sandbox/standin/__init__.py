"""A Stripe to try out: stateful, in memory, over real HTTP, from nothing but Python.

`StandIn` serves the API under `/v1`, sends webhooks, and fails on demand. Its data vanish with it.

What it does otherwise than Stripe:

- It plays PaymentIntents, Refunds, Checkout Sessions in the mode payment, Charges, Events, and
  reads of PaymentMethods, the account and its webhook endpoints. Other paths are 404.
- Parameters that it does not play are refused as unknown. Any key of the right shape is good, and
  any `acct_…` is an account of its own. A customer's id is kept and not looked up.
- Only Stripe's test cards and three bank accounts pay; each payment method is made when it is used.
- Answers are compact JSON, always in one API version: `Stripe-Version` is only echoed. A
  publishable key with the client secret sees the whole object.
- Events of balance and transfer, such as `charge.updated`, are not sent. No money is counted, so
  there are no balance transactions and no fees.
- Authorizations and open PaymentIntents do not expire; Sessions do when somebody looks at them.
- The last 20,000 events and idempotency keys are remembered, not those of 30 days and of 24 hours.
- Search finds what was made at once; Stripe takes up to a minute.
- Bank debits and late messages of refunds take about a second; webhooks are sent again in seconds
  instead of hours.
"""

from paycli.sandbox.standin.endpoints import DeliverySettings, WebhookTarget
from paycli.sandbox.standin.faults import Fault, FaultKind
from paycli.sandbox.standin.standin import StandIn

__all__ = ["DeliverySettings", "Fault", "FaultKind", "StandIn", "WebhookTarget"]
