"""`/api/v1/setups`: saving a payment method without a payment."""

import falcon

from paycli.models import CancelSetup, CreateSetup, ListSetups, RequestModel
from paycli.payments.setups import Setups
from server.api.middleware import add_log_fields
from server.api.request_body import idempotency_key, read_json, read_query
from server.api.responses import set_created, write, write_result


class SetupsResource:
    """The collection, one setup (suffix `setup`), and its cancellation (suffix `cancel`)."""

    def __init__(self, setups: Setups, max_body_bytes: int) -> None:
        self._setups = setups
        self._max_body_bytes = max_body_bytes

    def on_post(self, request: falcon.Request, response: falcon.Response) -> None:
        """Creates a setup. Returns 201 with the setup and its location."""
        body = read_json(request, CreateSetup, self._max_body_bytes)
        add_log_fields(request, reference=body.reference, customer_id=body.customer)
        created = self._setups.create(body, idempotency_key(request), request.context.caller)
        add_log_fields(request, setup_id=created.result.id)
        set_created(response, f"/api/v1/setups/{created.result.id}", body.account)
        write_result(response, created)

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """Lists setups. Returns one page."""
        write(response, self._setups.list(read_query(request, ListSetups)))

    def on_get_setup(
        self, request: falcon.Request, response: falcon.Response, setup_id: str
    ) -> None:
        """Retrieves a setup in its current state at Stripe."""
        add_log_fields(request, setup_id=setup_id)
        account = read_query(request, RequestModel).account
        write(response, self._setups.get(setup_id, account))

    def on_post_cancel(
        self, request: falcon.Request, response: falcon.Response, setup_id: str
    ) -> None:
        """Cancels a setup that has not succeeded."""
        add_log_fields(request, setup_id=setup_id)
        body = read_json(request, CancelSetup, self._max_body_bytes, required=False)
        key, caller = idempotency_key(request), request.context.caller
        write_result(response, self._setups.cancel(setup_id, body, key, caller))
