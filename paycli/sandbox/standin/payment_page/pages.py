"""The HTML pages: the payment, 3-D Secure, and what submitting their forms does.

A result is shown after a redirect, so that reloading the page repeats nothing.
"""

from paycli.sandbox.standin.api.errors import StripeErrorResponse
from paycli.sandbox.standin.api.params import Params
from paycli.sandbox.standin.http.messages import HttpResponse
from paycli.sandbox.standin.payment_page import card_form, views
from paycli.sandbox.standin.payment_page.card_form import SubmittedForm
from paycli.sandbox.standin.payment_page.markup import page
from paycli.sandbox.standin.payment_page.page_request import PageRequest
from paycli.sandbox.standin.payment_page.payment_view import PaymentView


def show_payment(request: PageRequest) -> HttpResponse:
    """The payment's page, in its current state."""
    return _payment_page(request, None)


def show_authentication(request: PageRequest) -> HttpResponse:
    """The 3-D Secure page; a redirect to the payment's page if it is not required."""
    view = PaymentView(request.payment)
    if view.state != "authentication":
        return _redirect(view.url())
    return page(views.payment_page(view, views.authentication(view), request.activity))


def submit(request: PageRequest) -> HttpResponse:
    """Runs the form's action and redirects to the page with its result."""
    if request.params.text("do") in ("succeed", "fail"):
        return _authenticate(request)
    saved = {method.id for method in request.saved_cards}
    form = card_form.read(request.params, request.store.now(), saved)
    if form.errors:
        return _payment_page(request, form, status=422)
    secret = {"client_secret": request.params.text("client_secret")}
    try:
        request.pay(Params({**form.method.values, **secret, "email": form.email or None}))
    except StripeErrorResponse as error:
        if not error.stored:
            return _payment_page(request, form, str(error), error.status)
    view = PaymentView(request.payment)
    return _redirect(view.url("authenticate" if view.state == "authentication" else ""))


def error_page(error: StripeErrorResponse) -> HttpResponse:
    """The page of an unknown payment, a wrong secret, or another error."""
    return page(views.error(error.status, str(error)), error.status)


def _authenticate(request: PageRequest) -> HttpResponse:
    try:
        request.authenticate(passed=request.params.text("do") == "succeed")
    except StripeErrorResponse as error:
        if not error.stored:
            return _payment_page(request, None, str(error), error.status)
    return _redirect(PaymentView(request.payment).url())


def _payment_page(
    request: PageRequest, form: SubmittedForm | None, error: str | None = None, status: int = 200
) -> HttpResponse:
    view = PaymentView(request.payment)
    if view.state in ("open", "authentication"):
        content = views.form(view, form, request.saved_cards, error)
    else:
        content = views.outcome(view)
    return page(views.payment_page(view, content, request.activity), status)


def _redirect(url: str) -> HttpResponse:
    return HttpResponse(303, b"", {"Location": url})
