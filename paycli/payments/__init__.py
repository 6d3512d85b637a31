"""The use cases of internal callers, one module a resource; Stripe holds the state.

`access` is what they share (a limit on requests in flight, idempotency keys), `gateway` is what
they need of Stripe, `cursor` is how a listing goes on.
"""
