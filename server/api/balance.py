"""`/api/v1/balance`: what an account has at Stripe."""

import falcon

from paycli.models import RequestModel
from paycli.payments.balance import Balances
from server.api.request_body import read_query
from server.api.responses import write


class BalanceResource:
    """The balance of an account."""

    def __init__(self, balances: Balances) -> None:
        self._balances = balances

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Returns the current balance."""
        write(response, self._balances.get(read_query(request, RequestModel).account))
