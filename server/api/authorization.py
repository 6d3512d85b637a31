"""What a caller may do: the scope of each operation, and the accounts that a request is for."""

from collections.abc import Iterable, Mapping

import falcon

from paycli.permissions import UNRESTRICTED, Permissions
from server.openapi.operations import Operation


class Authorization:
    """Requires the scope of the operation, once `Authentication` knows the caller.

    The permissions are by the caller's name; callers without a name, or without an entry, may do
    everything. `server.api.request_body` checks the accounts in a request, where it reads them.
    """

    def __init__(
        self, operations: Iterable[Operation], permissions: Mapping[str, Permissions]
    ) -> None:
        self._scopes = {(each.path, each.method.upper()): each.scope for each in operations}
        self._permissions = permissions

    def process_resource(
        self,
        request: falcon.Request,
        _response: falcon.Response,
        _resource: object,
        params: Mapping[str, str],
    ) -> None:
        """Raises ScopeMissing, AccountNotAllowed for an account in the path."""
        scope = self._scopes.get((request.uri_template or "", request.method))
        if scope is None:
            return
        permissions = self._permissions.get(request.context.caller or "", UNRESTRICTED)
        request.context.permissions = permissions
        permissions.check_scope(scope)
        # The account in the path is the one that the request acts for.
        request.context.acts_for_path = "account_id" in params
        if request.context.acts_for_path:
            permissions.check_account(params["account_id"])
