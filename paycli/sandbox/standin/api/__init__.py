"""What all of Stripe's API shares: parameters, errors, idempotency keys, lists and expansion."""
