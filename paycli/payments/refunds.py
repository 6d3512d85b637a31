"""The use cases of refunds: create, list and get."""

import re

from paycli.errors import FieldsInvalid, Problem, RefundNotFound
from paycli.models import ListRefunds, Payment, Refund, RefundPage, RefundPayment, WriteResult
from paycli.payments import cursor
from paycli.payments.access import Access
from paycli.payments.payment_checks import (
    check_amount,
    check_payment_id,
    is_checkout,
    payment_intent_id,
)
from paycli.permissions import UNRESTRICTED, Permissions

_REFUND_ID = re.compile(r"(re|pyr)_[A-Za-z0-9_]{1,250}", re.ASCII)


class Refunds:
    """The use cases of refunds. All methods may raise Busy and StripeFailure."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def create(
        self,
        payment_id: str,
        request: RefundPayment,
        key: str | None,
        caller: str | None = None,
        permissions: Permissions = UNRESTRICTED,
    ) -> WriteResult[Refund]:
        """Refunds a payment, in full or in part, at most once per idempotency key and account.

        The refund gets the payment's reference. For a Checkout Session, its PaymentIntent is
        refunded. Raises PaymentNotFound, FieldsInvalid, CheckoutWithoutPayment,
        IdempotencyKeyMissing, IdempotencyKeyInvalid, AccountNotAllowed if it takes money from an
        account that the caller may not act for.
        """
        check_payment_id(payment_id)
        key = self._access.idempotency_key(key, caller)
        with self._access.stripe(request.account) as stripe:
            payment = stripe.payments.get(payment_id)
            intent_id = payment_intent_id(payment)
            if is_checkout(payment_id):  # which shows who shares it only if Stripe sent it whole
                payment = stripe.payments.get(intent_id)
            check_amount(request.amount, payment.currency)
            _check_shares(request, payment)
            if request.reverse_transfer:
                permissions.check_account(payment.destination)
            if request.refund_application_fee:
                permissions.check_account(None)  # the fee is ours
            return stripe.refunds.create(intent_id, request, payment.reference, key)

    def list(self, payment_id: str, request: ListRefunds) -> RefundPage:
        """Returns a page of a payment's refunds, newest first.

        Raises PaymentNotFound, CursorInvalid.
        """
        check_payment_id(payment_id)
        listing = f"{payment_id} {request.listing}"
        position = cursor.decode(listing, request.cursor)
        with self._access.stripe(request.account) as stripe:
            if is_checkout(payment_id):
                payment_id = payment_intent_id(stripe.payments.get(payment_id))
            page = stripe.refunds.list(payment_id, request, position)
            if not page.items:
                # Stripe returns an empty list for an unknown payment as well; get raises for one.
                stripe.payments.get(payment_id)
        return RefundPage(data=page.items, next_cursor=cursor.encode(listing, page))

    def get(self, refund_id: str, account: str | None = None) -> Refund:
        """Returns the current refund. Raises RefundNotFound."""
        if not _REFUND_ID.fullmatch(refund_id):
            raise RefundNotFound("there is no such refund: ids start with re_ or pyr_")
        with self._access.stripe(account) as stripe:
            return stripe.refunds.get(refund_id)


def _check_shares(request: RefundPayment, payment: Payment) -> None:
    """Raises FieldsInvalid unless the request says what becomes of each share of the amount.

    Stripe's defaults leave the connected account its share, and pay the refund from the platform's
    balance. https://docs.stripe.com/connect/destination-charges#issue-refunds
    """
    # A later capture of a part can have a fee, and a repeated request must still be accepted then.
    shared = payment.destination is not None or request.account is not None
    may_have_fee = payment.status == "requires_capture" and shared
    choices = (
        ("reverse_transfer", request.reverse_transfer, "destination", payment.destination, False),
        (
            "refund_application_fee",
            request.refund_application_fee,
            "application_fee",
            payment.application_fee,
            may_have_fee,
        ),
    )
    problems = []
    for name, choice, share_name, share, possible in choices:
        if choice is None and (share is not None or possible):
            has = "has" if share is not None else "can still get"
            detail = f"is required, true or false: the payment {has} {share_name}"
            problems.append(Problem(f"#/{name}", detail))
        elif choice and share is None:
            problems.append(
                Problem(f"#/{name}", f"is not possible: the payment has no {share_name}")
            )
    if problems:
        raise FieldsInvalid(problems)
