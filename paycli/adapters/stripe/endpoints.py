"""Webhook endpoints at Stripe."""

from pydantic import BaseModel, ConfigDict, Field

from paycli.adapters.stripe.calls import StripeCalls
from paycli.models import Endpoint
from paycli.models.fields import MAX_PAGE

_ENDPOINTS = "/v1/webhook_endpoints"


class EndpointObject(BaseModel):
    """https://docs.stripe.com/api/webhook_endpoints/object."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str
    url: str = Field(repr=False)
    status: str
    api_version: str | None = None
    enabled_events: list[str]

    def to_endpoint(self) -> Endpoint:
        """Converts it to our model."""
        return Endpoint(
            id=self.id,
            url=self.url,
            enabled=self.status == "enabled",
            api_version=self.api_version,
            enabled_events=tuple(self.enabled_events),
        )


class EndpointList(BaseModel):
    """https://docs.stripe.com/api/webhook_endpoints/list."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    data: list[EndpointObject]


class StripeEndpoints:
    """Webhook endpoints. Each call may raise StripeFailure."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def list(self) -> tuple[Endpoint, ...]:
        """Returns the endpoints of the account."""
        page = self._calls.get(EndpointList, _ENDPOINTS, {"limit": MAX_PAGE})
        return tuple(each.to_endpoint() for each in page.data)
