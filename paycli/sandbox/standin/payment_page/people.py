"""What people ask for and do: a page, paying, the 3-D Secure step.

What a payment itself remembers is shown after a redirect, so that reloading repeats nothing.
"""

from paycli.sandbox.standin.messages import Reply
from paycli.sandbox.standin.params import Params
from paycli.sandbox.standin.payment_page import card_form, views
from paycli.sandbox.standin.payment_page.bill import Bill
from paycli.sandbox.standin.payment_page.card_form import Filled
from paycli.sandbox.standin.payment_page.markup import page
from paycli.sandbox.standin.refusals import Refusal
from paycli.sandbox.standin.visits import Visit


def show(visit: Visit) -> Reply:
    """The payment's page, in whatever state it is."""
    return _show(visit, Filled())


def ask(visit: Visit) -> Reply:
    """The 3-D Secure step; the payment's page when there is none to take."""
    bill = Bill(visit.it)
    if bill.state != "step":
        return _see(bill.address())
    return page(views.whole(bill, views.step(bill), visit.timeline))


def act(visit: Visit) -> Reply:
    """Does what a person wants, and leads to the page that shows what came of it."""
    if visit.asked.text("do") in ("succeed", "fail"):
        return _authenticate(visit)
    filled = card_form.read(visit.asked, visit.world.now())
    if filled.wrong:
        return _show(visit, filled, status=422)
    secret = {"client_secret": visit.asked.text("client_secret")}
    try:
        visit.pay(Params({**filled.method.values, **secret, "email": filled.email or None}))
    except Refusal as refusal:
        if not refusal.stored:
            return _show(visit, filled, str(refusal), refusal.status)
    bill = Bill(visit.it)
    return _see(bill.address("authenticate" if bill.state == "step" else ""))


def turned_away(refusal: Refusal) -> Reply:
    """A page for who can't be let in, or asks for what is not there."""
    return page(views.turned_away(refusal.status, str(refusal)), refusal.status)


def _authenticate(visit: Visit) -> Reply:
    try:
        visit.authenticate(passed=visit.asked.text("do") == "succeed")
    except Refusal as refusal:
        if not refusal.stored:
            return _show(visit, Filled(), str(refusal), refusal.status)
    return _see(Bill(visit.it).address())


def _show(visit: Visit, filled: Filled, complaint: str | None = None, status: int = 200) -> Reply:
    bill = Bill(visit.it)
    if bill.state in ("open", "step"):
        content = views.form(bill, filled, complaint)
    else:
        content = views.outcome(bill)
    return page(views.whole(bill, content, visit.timeline), status)


def _see(address: str) -> Reply:
    return Reply(303, b"", {"Location": address})
