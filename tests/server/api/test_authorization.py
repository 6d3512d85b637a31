"""Each operation requires its scope, and each account in a request must be the caller's."""

from collections.abc import Mapping

import falcon.testing
import pytest

from harness.detecting_backend import REACHED, DetectingBackend
from harness.in_process import services_over
from harness.operations import concrete_path, example_body
from paycli.errors import AccountNotAllowed
from paycli.permissions import ApiScope, Permissions
from server.app import create_app
from server.metrics import Metrics
from server.openapi.operations import OPERATIONS, Operation

# By operation, written by hand: what the interface promises.
SCOPES = {
    "payments:read": {
        *("listPayments", "getPayment", "listRefunds", "getRefund", "listTransfers"),
    },
    "payments:write": {
        *("createPayment", "updatePayment", "incrementPayment", "capturePayment"),
        "cancelPayment",
    },
    "refunds:write": {"refundPayment"},
    "customers:read": {
        *("listCustomers", "getCustomer", "listPaymentMethods", "listSetups", "getSetup"),
    },
    "customers:write": {
        *("createCustomer", "updateCustomer", "deleteCustomer", "detachPaymentMethod"),
        *("createCustomerSession", "createSetup", "cancelSetup"),
    },
    "payouts:read": {"listPayouts", "getPayout", "listPayoutTransactions", "getBalance"},
    "disputes:read": {"listDisputes", "getDispute"},
    "disputes:write": {"respondToDispute", "acceptDispute"},
    "transfers:write": {"createTransfer", "reverseTransfer"},
    "accounts:read": {"getAccount"},
    "accounts:write": {"createAccount", "createAccountLink"},
}
GUARDED = [each for each in OPERATIONS if each.path.startswith("/api/v1/") and not each.signed]
HOST = "acct_1032D82eZvKYlo2C"
"""The account in the examples of paths and bodies."""


def client(permissions: Permissions) -> falcon.testing.TestClient:
    """Return a client of an application with a limited and an unlimited caller."""
    services = services_over(
        DetectingBackend(),
        callers={"limited-token": "limited", "other-token": "other", "bare-token": None},
        permissions={"limited": permissions},
    )
    app = create_app(services, recorder=Metrics(1, {}).recorder(0), max_body_bytes=65_536)
    return falcon.testing.TestClient(app)


def call(
    client: falcon.testing.TestClient,
    operation: Operation,
    token: str = "limited-token",
    *,
    body: Mapping[str, object] | None = None,
    query: Mapping[str, str] | None = None,
    method: str | None = None,
) -> falcon.testing.Result:
    """Call an operation with its example, or with this body."""
    sent = example_body(operation) if body is None else body
    return client.simulate_request(
        method or operation.method.upper(),
        concrete_path(operation),
        json=sent if operation.body else None,
        params=query,
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"},
    )


def test_every_operation_has_its_scope() -> None:
    """The table of operations has the scopes of the interface, and none is forgotten."""
    found: dict[str, set[str]] = {}
    for operation in GUARDED:
        assert operation.scope is not None
        found.setdefault(operation.scope, set()).add(operation.id)
    assert found == SCOPES
    assert {each.id for each in OPERATIONS if each.scope} == {each.id for each in GUARDED}


@pytest.mark.parametrize("operation", GUARDED, ids=lambda each: each.id)
def test_an_operation_is_allowed_by_its_scope_alone(operation: Operation) -> None:
    """With each single scope: only the operation's own reaches Stripe, all others are 403."""
    needed = next(scope for scope, ids in SCOPES.items() if operation.id in ids)
    for scope in ApiScope:
        result = call(client(Permissions(scopes=frozenset({scope}))), operation)
        if scope == needed:
            assert result.status_code == REACHED, result.text
        else:
            assert (result.status_code, result.json["code"]) == (403, "scope_missing")
            assert result.json["scope"] == needed
            assert result.json["detail"] == (
                f"the caller's token lacks the scope {needed}: an operator adds it to "
                "PAYCLI_API_SCOPES"
            )
    every_other = frozenset(set(ApiScope) - {ApiScope(needed)})
    assert call(client(Permissions(scopes=every_other)), operation).status_code == 403
    if operation.method == "get":
        head = call(client(Permissions(scopes=every_other)), operation, method="HEAD")
        assert head.status_code == 403


@pytest.mark.parametrize("token", ["other-token", "bare-token"])
def test_callers_without_an_entry_may_do_everything(token: str) -> None:
    """A caller that no setting names is not limited, for any account."""
    limited = client(Permissions(scopes=frozenset(), accounts=frozenset()))
    for operation in GUARDED:
        assert call(limited, operation, token).status_code == REACHED
        assert call(limited, operation).status_code == 403  # the control


@pytest.mark.parametrize("operation", GUARDED, ids=lambda each: each.id)
def test_each_request_is_for_an_account_of_the_caller(operation: Operation) -> None:
    """Own account, another account, and the caller's: in body, query and path, of reads as well."""
    in_body = operation.body is not None
    example = {
        name: value
        for name, value in example_body(operation).items()
        if name not in ("destination", "on_behalf_of", "account", "application_fee")
    }
    in_path = "account_id" in operation.path_parameters
    moves_money = operation.id == "createTransfer"

    def status(permitted: set[str], account: str | None) -> int:
        chosen = {} if account is None else {"account": account}
        permissions = Permissions(accounts=frozenset(permitted))
        body = {**example, **chosen} if in_body else None
        if moves_money and body is not None:
            body["destination"] = HOST
        query = None if in_body else chosen
        result = call(client(permissions), operation, body=body, query=query)
        if result.status_code == 403:
            assert result.json["code"] == "account_not_allowed"
        return result.status_code

    also = {HOST} if in_path or moves_money else set()
    # Without `account`, a request about the account in the path is for that one.
    own = set() if in_path else {"self"}
    assert status({*own, *also}, None) == REACHED
    assert status({"acct_mine", *also}, "acct_mine") == REACHED
    assert status({"acct_mine"} if in_path else {"acct_mine", *also}, None) == 403
    assert status({"acct_mine", *also}, "acct_other") == 403
    assert status({"self", *also}, "acct_mine") == 403
    if also:
        assert status({"self", "acct_mine"}, None) == 403


@pytest.mark.parametrize("name", ["destination", "on_behalf_of"])
def test_money_moves_only_to_accounts_of_the_caller(name: str) -> None:
    """The destination and the account of settlement count like the account of the request."""
    [create] = [each for each in GUARDED if each.id == "createPayment"]
    body = {"amount": 2000, "currency": "eur", name: HOST}
    for permitted, status in (({"self"}, 403), ({"self", HOST}, REACHED)):
        result = call(client(Permissions(accounts=frozenset(permitted))), create, body=body)
        assert result.status_code == status, result.text


def test_an_unknown_path_stays_404_and_a_wrong_method_405() -> None:
    """Scopes reveal nothing about routes: only an existing operation is 403."""
    limited = client(Permissions(scopes=frozenset()))
    headers = {"Authorization": "Bearer limited-token"}
    assert limited.simulate_get("/api/v1/nothing", headers=headers).status_code == 404
    assert limited.simulate_delete("/api/v1/payments", headers=headers).status_code == 405


@pytest.mark.parametrize(("account", "named"), [(None, "our own account"), (HOST, "this account")])
def test_a_refused_account_says_where_it_is_allowed(account: str | None, named: str) -> None:
    """The detail tells our own account from another one, and names the setting."""
    with pytest.raises(AccountNotAllowed) as refused:
        Permissions(accounts=frozenset({"acct_mine"})).check_account(account)
    assert refused.value.detail == (
        f"the caller may not act for {named}: its accounts are in PAYCLI_API_ACCOUNTS"
    )
