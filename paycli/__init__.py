"""A payment service between a booking platform and Stripe: library and command line."""

__version__ = "0.1.0"
