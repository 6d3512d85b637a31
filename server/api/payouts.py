"""`/api/v1/payouts`: payouts to a bank account, and what they pay out."""

import falcon

from paycli.models import ListPayouts, ListPayoutTransactions, RequestModel
from paycli.payments.payouts import Payouts
from server.api.middleware import add_log_fields
from server.api.request_body import read_query
from server.api.responses import write


class PayoutsResource:
    """The list of payouts, one (suffix `payout`), and its lines (suffix `transactions`)."""

    def __init__(self, payouts: Payouts) -> None:
        self._payouts = payouts

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Lists payouts. Returns one page."""
        write(response, self._payouts.list(read_query(request, ListPayouts)))

    def on_get_payout(
        self, request: falcon.Request, response: falcon.Response, payout_id: str
    ) -> None:
        """Returns the current payout."""
        add_log_fields(request, payout_id=payout_id)
        account = read_query(request, RequestModel).account
        write(response, self._payouts.get(payout_id, account))

    def on_get_transactions(
        self, request: falcon.Request, response: falcon.Response, payout_id: str
    ) -> None:
        """Lists the payout's lines. Returns one page."""
        add_log_fields(request, payout_id=payout_id)
        query = read_query(request, ListPayoutTransactions)
        write(response, self._payouts.transactions(payout_id, query))
