"""What people see: the form, the 3-D Secure step, how it ended, and why a page does not open."""

from collections.abc import Mapping
from typing import NamedTuple

from paycli.sandbox.standin.payment_page import behind, card_form
from paycli.sandbox.standin.payment_page.bill import Bill, host
from paycli.sandbox.standin.payment_page.card_form import Choice, Filled
from paycli.sandbox.standin.payment_page.markup import NOTHING, Markup, fill
from paycli.sandbox.standin.timeline import Timeline


class _Outcome(NamedTuple):
    title: str
    tone: str
    told: str


_OUTCOMES = {
    "paid": _Outcome("Paid", "good", "The payment has succeeded. No real money has moved."),
    "held": _Outcome(
        "Authorized", "good", "The money is reserved, and taken when the payment is captured."
    ),
    "processing": _Outcome(
        "On its way", "waiting", "The bank is working on it. What comes of it shows here."
    ),
    "failed": _Outcome("Not paid", "bad", "The bank has refused the payment."),
    "canceled": _Outcome(
        "Canceled", "bad", "This payment was canceled. It can't be paid any more."
    ),
    "expired": _Outcome(
        "Expired", "bad", "The time to pay on this page is over. Nothing was charged."
    ),
}
_TITLES = {"open": "Pay", "step": "Pay"} | {state: it.title for state, it in _OUTCOMES.items()}
_TURNED_AWAY = {
    403: (
        "This link is not whole",
        "The client_secret at its end is missing or wrong. Open the link just as you got it.",
    ),
    404: (
        "There is no such payment",
        "The link is mistyped, or the sandbox was started anew: it forgets all when it stops.",
    ),
}


def whole(bill: Bill, content: Markup, timeline: Timeline) -> Markup:
    """The page with its two halves: `content`, and what happens behind it."""
    return fill(
        "page",
        title=f"{_TITLES[bill.state]} {bill.amount} · test mode",
        state=bill.state,
        content=content,
        behind=behind.panel(bill, timeline),
    )


def form(bill: Bill, filled: Filled, complaint: str | None = None) -> Markup:
    """Where a card is chosen; `complaint` is what is wrong now, else the last try's is shown."""
    wrong = filled.wrong or {}
    number, currency = bill.amount.split()
    choices = [*card_form.CARDS, *([card_form.BANK_ACCOUNT] if bill.takes_bank_debits else [])]
    return fill(
        "form",
        facts=_facts(bill),
        notice=_notice(bill, filled, complaint),
        address=bill.address().partition("?")[0],
        secret=bill.secret,
        choices=[_choice(it, chosen=filled.card == it.method) for it in choices],
        typed=_checked(filled.card == card_form.TYPED),
        fields=[
            _field("number", "Card number", "4242 4242 4242 4242", 23, filled.number, wrong),
            _field("expiry", "Expires", "MM / YY", 9, filled.expiry, wrong),
            _field("cvc", "Security code", "CVC", 4, "", wrong),
        ],
        number=number,
        currency=currency,
        email=fill("form.email", value=filled.email) if _wants_email(bill) else NOTHING,
        amount=bill.amount,
        leave=_leave(bill),
    )


def step(bill: Bill) -> Markup:
    """The bank's question, whose answer a person chooses."""
    return fill(
        "step",
        amount=bill.amount,
        method=bill.paid_with or "",
        address=bill.address().partition("?")[0],
        secret=bill.secret,
        page=bill.address(),
    )


def outcome(bill: Bill) -> Markup:
    """How it ended, and where to go from there."""
    it = _OUTCOMES[bill.state]
    url = bill.back if it.tone == "bad" else bill.onward
    onward = fill("outcome.onward", url=url, host=host(url)) if url else NOTHING
    told = bill.complaint if bill.state == "failed" else None
    return fill(
        "outcome",
        title=it.title,
        tone=it.tone,
        told=told or it.told,
        facts=_facts(bill),
        onward=onward,
    )


def turned_away(status: int, reason: str) -> Markup:
    """Why a page does not open."""
    title, told = _TURNED_AWAY.get(status, ("This can't be done", reason))
    return fill("page.turned_away", title=title, told=told)


def _facts(bill: Bill) -> Markup:
    told = {
        "Amount": bill.amount if bill.state in _OUTCOMES else None,
        "For": bill.subject if bill.subject != bill.reference else None,
        "Reference": bill.reference,
        "Paid with": bill.paid_with if bill.state in ("paid", "held", "processing") else None,
    }
    rows = [fill("outcome.fact", name=name, value=value) for name, value in told.items() if value]
    return fill("outcome.facts", rows=rows) if rows else NOTHING


def _notice(bill: Bill, filled: Filled, complaint: str | None) -> Markup:
    if filled.wrong:
        first = next(iter(filled.wrong.values()))
        return fill("form.notice", told=first, more="Nothing was charged.", codes="")
    if complaint:
        return fill("form.notice", told=complaint, more="Nothing was charged.", codes="")
    if bill.state == "step":
        return fill("form.unfinished", address=bill.address("authenticate"))
    if bill.complaint:
        more = "Nothing was charged. Try again, or with another card."
        return fill("form.notice", told=bill.complaint, more=more, codes=bill.codes)
    return NOTHING


def _choice(it: Choice, *, chosen: bool) -> Markup:
    return fill(
        "form.choice", method=it.method, does=it.does, shown=it.shown, checked=_checked(chosen)
    )


def _field(  # the parts of one input
    name: str, label: str, example: str, longest: int, value: str, wrong: Mapping[str, str]
) -> Markup:
    problem = wrong.get(name)
    return fill(
        "form.field",
        name=name,
        label=label,
        example=example,
        longest=str(longest),
        value=value,
        invalid="true" if problem else "false",
        described_by=f"own-hint {name}-problem" if problem else "own-hint",
        problem=fill("form.problem", name=name, told=problem) if problem else NOTHING,
    )


def _wants_email(bill: Bill) -> bool:
    return bill.session is not None and not bill.session.echoed.get("customer_email")


def _leave(bill: Bill) -> Markup:
    url = bill.back
    return fill("form.cancel", url=url, host=host(url)) if url else fill("form.close")


def _checked(chosen: bool) -> Markup:  # noqa: FBT001  (it is the attribute's own value)
    return Markup("checked") if chosen else NOTHING
