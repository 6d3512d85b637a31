"""The HTML of the pages: the form, 3-D Secure, the outcome, and errors."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from paycli.sandbox.standin.payment_page import activity_panel, card_form
from paycli.sandbox.standin.payment_page.activity import PaymentActivity
from paycli.sandbox.standin.payment_page.card_form import SubmittedForm
from paycli.sandbox.standin.payment_page.markup import EMPTY, Markup, fill
from paycli.sandbox.standin.payment_page.payment_view import PaymentView, host
from paycli.sandbox.standin.resources.payment_objects import PaymentMethodState


class _OutcomeText(NamedTuple):
    title: str
    tone: str
    text: str


_OUTCOMES = {
    "paid": _OutcomeText("Payment succeeded", "good", "No real money was charged."),
    "authorized": _OutcomeText(
        "Payment authorized", "good", "The amount is reserved until the payment is captured."
    ),
    "processing": _OutcomeText(
        "Payment processing", "waiting", "The bank is processing it. The result will appear here."
    ),
    "failed": _OutcomeText("Payment failed", "bad", "The bank refused the payment."),
    "canceled": _OutcomeText(
        "Payment canceled", "bad", "This payment was canceled and can no longer be paid."
    ),
    "expired": _OutcomeText(
        "Session expired", "bad", "This page can no longer be used to pay. Nothing was charged."
    ),
}
_SETUP_OUTCOMES = {
    "saved": _OutcomeText("Card saved", "good", "It can be charged later. Nothing was charged."),
    "canceled": _OutcomeText(
        "Setup canceled", "bad", "This setup was canceled. The card was not saved."
    ),
    "expired": _OutcomeText(
        "Session expired", "bad", "This page can no longer be used. The card was not saved."
    ),
}
_ERRORS = {
    403: (
        "This link is incomplete",
        "The client_secret at its end is missing or wrong. Open the complete link.",
    ),
    404: (
        "Payment not found",
        "The link is wrong, or the sandbox was restarted: its data is lost when it stops.",
    ),
}


def payment_page(view: PaymentView, content: Markup, activity: PaymentActivity) -> Markup:
    """The page: `content` on one side, the activity on the other."""
    return fill(
        "page",
        title=f"{_title(view)} · test mode",
        state=view.state,
        content=content,
        activity=activity_panel.panel(view, activity),
    )


def form(
    view: PaymentView,
    submitted: SubmittedForm | None,
    saved: Sequence[PaymentMethodState],
    error: str | None = None,
) -> Markup:
    """The form; it shows `error`, or else the error of the last attempt.

    The customer's `saved` cards come first. One of them is chosen until the form is submitted.
    """
    submitted = submitted or SubmittedForm(card=_first_choice(view, saved))
    errors = submitted.errors or {}
    return fill(
        "form",
        heading=_heading(view),
        facts=_facts(view),
        notice=_notice(view, submitted, error),
        address=view.url().partition("?")[0],
        secret=view.secret,
        saved=_saved(saved, submitted),
        legend="Or choose a test card" if saved else "Choose a test card",
        choices=[
            _choice(it.method_id, it.result, it.label, submitted) for it in card_form.choices(view)
        ],
        entered=_checked(submitted.card == card_form.ENTERED),
        fields=[
            _field("number", "Card number", "4242 4242 4242 4242", 23, submitted.number, errors),
            _field("expiry", "Expires", "MM / YY", 9, submitted.expiry, errors),
            _field("cvc", "Security code", "CVC", 4, "", errors),
        ],
        email=fill("form.email", value=submitted.email) if _asks_for_email(view) else EMPTY,
        note=fill("form.note") if view.saves_card else EMPTY,
        submit=f"Pay {view.amount}" if view.amount else "Save card",
        cancel=_cancel(view),
    )


def authentication(view: PaymentView) -> Markup:
    """The test bank's 3-D Secure page, where the customer chooses the result."""
    return fill(
        "authentication",
        question=_question(view),
        address=view.url().partition("?")[0],
        secret=view.secret,
        page=view.url(),
    )


def outcome(view: PaymentView) -> Markup:
    """The outcome, and the link with which the customer continues."""
    shown = _outcomes(view)[view.state]
    url = view.cancel_url if shown.tone == "bad" else view.success_url
    error = view.error if view.state == "failed" else None
    return fill(
        "outcome",
        title=shown.title,
        tone=shown.tone,
        text=error or shown.text,
        facts=_facts(view),
        link=fill("outcome.link", url=url, host=host(url)) if url else EMPTY,
    )


def error(status: int, message: str) -> Markup:
    """The page of an error, with a text of its own for 403 and 404."""
    title, text = _ERRORS.get(status, ("This is not possible", message))
    return fill("page.error", title=title, text=text)


def _outcomes(view: PaymentView) -> Mapping[str, _OutcomeText]:
    return _SETUP_OUTCOMES if view.is_setup else _OUTCOMES


def _title(view: PaymentView) -> str:
    shown = _outcomes(view).get(view.state)
    if view.amount is None:
        return shown.title if shown else "Save card"
    return f"{shown.title if shown else 'Pay'} {view.amount}"


def _heading(view: PaymentView) -> Markup:
    if view.amount is None:
        return fill("form.save")
    number, currency = view.amount.split()
    return fill("form.pay", number=number, currency=currency)


def _question(view: PaymentView) -> Markup:
    method = view.payment_method or ""
    if view.amount is None:
        return fill("authentication.save", method=method)
    return fill("authentication.pay", amount=view.amount, method=method)


def _facts(view: PaymentView) -> Markup:
    completed = view.state in ("paid", "authorized", "processing", "saved")
    facts = {
        "Amount": view.amount if view.state in _outcomes(view) else None,
        "For": view.description if view.description != view.reference else None,
        "Reference": view.reference,
        "Payment method": view.payment_method if completed else None,
    }
    rows = [fill("outcome.fact", name=name, value=value) for name, value in facts.items() if value]
    return fill("outcome.facts", rows=rows) if rows else EMPTY


def _notice(view: PaymentView, submitted: SubmittedForm, error: str | None) -> Markup:
    if submitted.errors:
        error = next(iter(submitted.errors.values()))
    nothing = "The card was not saved." if view.is_setup else "Nothing was charged."
    if error:
        return fill("form.notice", text=error, more=nothing, codes="")
    if view.state == "authentication":
        return fill(
            "form.authentication",
            address=view.url("authenticate"),
            other="save" if view.is_setup else "pay with",
        )
    if view.error:
        more = f"{nothing} Try again or use another card."
        return fill("form.notice", text=view.error, more=more, codes=view.error_codes)
    return EMPTY


def _first_choice(view: PaymentView, saved: Sequence[PaymentMethodState]) -> str:
    ids = [method.id for method in saved]
    if view.to_authenticate in ids:
        return str(view.to_authenticate)
    return ids[0] if ids else card_form.CARDS[0].method_id


def _saved(saved: Sequence[PaymentMethodState], submitted: SubmittedForm) -> Markup:
    if not saved:
        return EMPTY
    choices = [
        _choice(
            method.id,
            method.test.label,
            f"Expires {method.exp_month:02} / {method.exp_year % 100:02}",
            submitted,
        )
        for method in saved
    ]
    return fill("form.saved", choices=choices)


def _choice(method_id: str, result: str, label: str, submitted: SubmittedForm) -> Markup:
    checked = _checked(submitted.card == method_id)
    return fill("form.choice", method=method_id, result=result, label=label, checked=checked)


def _field(  # the parts of one input
    name: str, label: str, example: str, max_length: int, value: str, errors: Mapping[str, str]
) -> Markup:
    error = errors.get(name)
    return fill(
        "form.field",
        name=name,
        label=label,
        example=example,
        max_length=str(max_length),
        value=value,
        invalid="true" if error else "false",
        described_by=f"own-hint {name}-error" if error else "own-hint",
        error=fill("form.error", name=name, text=error) if error else EMPTY,
    )


def _asks_for_email(view: PaymentView) -> bool:
    session = view.session
    return session is not None and not (session.customer or session.echoed.get("customer_email"))


def _cancel(view: PaymentView) -> Markup:
    url = view.cancel_url
    if url:
        return fill("form.cancel", url=url, host=host(url))
    return fill("form.close", nothing="saved" if view.is_setup else "charged")


def _checked(selected: bool) -> Markup:  # noqa: FBT001  (the attribute's own value)
    return Markup("checked") if selected else EMPTY
