"""`/api/v1/accounts`: connected accounts, the hosts of a marketplace."""

import falcon

from paycli.models import CreateAccount, CreateAccountLink, RequestModel
from paycli.payments.accounts import Accounts
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json, read_query
from server.api.responses import set_created, write, write_result


class AccountsResource:
    """The collection, one account (suffix `account`), and its links (suffix `links`)."""

    def __init__(self, accounts: Accounts, max_body_bytes: int) -> None:
        self._accounts = accounts
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Creates an account. Returns 201 with the account and its location."""
        body = read_json(request, CreateAccount, self._max_body_bytes)
        add_log_fields(request, reference=body.reference)
        created = self._accounts.create(body, idempotency_key(request), request.context.caller)
        add_log_fields(request, account_id=created.result.id)
        set_created(response, f"/api/v1/accounts/{created.result.id}", body.account)
        write_result(response, created)

    def on_get_account(
        self, request: falcon.Request, response: falcon.Response, account_id: str
    ) -> None:
        """Retrieves an account in its current state at Stripe."""
        add_log_fields(request, account_id=account_id)
        account = read_query(request, RequestModel).account
        write(response, self._accounts.get(account_id, account))

    def on_post_links(
        self, request: falcon.Request, response: falcon.Response, account_id: str
    ) -> None:
        """Creates a link. Returns 201, without a location: the link is not a resource."""
        add_log_fields(request, account_id=account_id)
        body = read_json(request, CreateAccountLink, self._max_body_bytes)
        key, caller = idempotency_key(request), request.context.caller
        response.status = falcon.HTTP_201
        write_result(response, self._accounts.create_link(account_id, body, key, caller))
