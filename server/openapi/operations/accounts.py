"""Operations on connected accounts."""

from collections.abc import Mapping
from http import HTTPStatus

from paycli import errors, models
from paycli.permissions import ApiScope
from server.openapi.operations.operation import READ, WRITE, Json, Operation

_COLLECTION = "/api/v1/accounts"
_ACCOUNT = f"{_COLLECTION}/{{account_id}}"
_ACCOUNT_ID: Mapping[str, Json] = {
    "account_id": {
        "description": "The id of a connected account (`acct_…`).",
        "schema": {"type": "string", "pattern": "^acct_[A-Za-z0-9]{1,250}$"},
        "example": "acct_1032D82eZvKYlo2C",
    }
}
_EXAMPLE: Json = {
    "id": "acct_1032D82eZvKYlo2C",
    "country": "DE",
    "email": "host@example.com",
    "business_type": "individual",
    "charges_enabled": False,
    "payouts_enabled": False,
    "requirements_due": ["external_account", "tos_acceptance.date"],
    "reference": "host-9",
    "metadata": {"region": "north"},
    "created_at": "2026-01-31T12:00:00Z",
}

OPERATIONS = (
    Operation(
        id="createAccount",
        tag="accounts",
        method="post",
        path=_COLLECTION,
        summary="Create a connected account",
        description="Creates the account of a host, who completes it on Stripe's pages: see its "
        "links. The platform pays Stripe's fees and answers for losses.",
        response=models.Account,
        status=HTTPStatus.CREATED,
        failures=WRITE,
        body=models.CreateAccount,
        body_required=True,
        scope=ApiScope.ACCOUNTS_WRITE,
        links={"account_id": ("getAccount", "createAccountLink")},
        request_examples={
            "host": {
                "country": "DE",
                "email": "host@example.com",
                "business_type": "individual",
                "reference": "host-9",
                "metadata": {"region": "north"},
            }
        },
        response_example=_EXAMPLE,
    ),
    Operation(
        id="getAccount",
        tag="accounts",
        method="get",
        path=_ACCOUNT,
        path_parameters=_ACCOUNT_ID,
        summary="Retrieve a connected account",
        description="Returns the account's current state at Stripe, with what is still required.",
        response=models.Account,
        failures=(*READ, errors.AccountNotFound),
        query=models.RequestModel,
        scope=ApiScope.ACCOUNTS_READ,
        response_example={
            **_EXAMPLE,
            "charges_enabled": True,
            "payouts_enabled": True,
            "requirements_due": [],
        },
    ),
    Operation(
        id="createAccountLink",
        tag="accounts",
        method="post",
        path=f"{_ACCOUNT}/links",
        path_parameters=_ACCOUNT_ID,
        summary="Create a link to Stripe's onboarding",
        description="Redirect the host to the link at once: it works once, and expires within "
        "minutes. Requests with the same idempotency key return the same link.",
        response=models.AccountLink,
        status=HTTPStatus.CREATED,
        failures=(*WRITE, errors.AccountNotFound),
        body=models.CreateAccountLink,
        body_required=True,
        scope=ApiScope.ACCOUNTS_WRITE,
        request_examples={
            "onboarding": {
                "type": "onboarding",
                "refresh_url": "https://example.com/onboarding/again",
                "return_url": "https://example.com/onboarding/done",
            }
        },
        response_example={
            "url": "https://example.com/setup/e/acct_1032D82eZvKYlo2C/YCm1xZ",
            "expires_at": "2026-01-31T12:05:00Z",
        },
    ),
)
