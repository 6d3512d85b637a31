"""Payments between a booking platform's services and Stripe: the library and the command line."""

__version__ = "0.1.0"
