"""The use cases of internal callers, one module for each resource; Stripe holds the state.

`use_cases` has all of them. `access` is what they share (the limit on requests in flight,
idempotency keys), `gateway` is the interface to Stripe that they require, `cursor` encodes
pagination cursors.
"""
