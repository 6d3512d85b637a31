"""Webhook endpoints at Stripe."""

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict, Field

from paycli import errors
from paycli.adapters.stripe.calls import Params, StripeCalls
from paycli.models import CreateEndpoint, Endpoint, NewEndpoint
from paycli.models.fields import MAX_PAGE

_ENDPOINTS = "/v1/webhook_endpoints"
_CONNECT = "paycli_connect"


class EndpointObject(BaseModel):
    """https://docs.stripe.com/api/webhook_endpoints/object."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: str
    url: str = Field(repr=False)
    status: str
    api_version: str | None = None
    application: str | None = None
    enabled_events: list[str]
    metadata: dict[str, str] = {}

    @property
    def connect(self) -> bool:
        """Whether it receives the events of connected accounts.

        Stripe does not return the parameter `connect`. Such an endpoint has `application`; on
        those that paycli created, the metadata has the parameter.
        https://github.com/stripe/stripe-dotnet/issues/1876
        """
        if _CONNECT in self.metadata:
            return self.metadata[_CONNECT] == "true"
        return self.application is not None

    def to_endpoint(self) -> Endpoint:
        """Converts it to our model."""
        return Endpoint(
            id=self.id,
            url=self.url,
            enabled=self.status == "enabled",
            api_version=self.api_version,
            enabled_events=tuple(self.enabled_events),
            connect=self.connect,
        )


class CreatedEndpointObject(EndpointObject):
    """https://docs.stripe.com/api/webhook_endpoints/create: with its secret."""

    secret: str = Field(repr=False)


class EndpointList(BaseModel):
    """https://docs.stripe.com/api/webhook_endpoints/list."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    data: list[EndpointObject]


class StripeEndpoints:
    """Implements `paycli.ops.endpoints.EndpointsApi`. Each call may raise StripeFailure."""

    def __init__(self, calls: StripeCalls) -> None:
        self._calls = calls

    def list(self) -> tuple[Endpoint, ...]:
        """Returns the endpoints of the account."""
        page = self._calls.get(EndpointList, _ENDPOINTS, {"limit": MAX_PAGE})
        return tuple(each.to_endpoint() for each in page.data)

    def create(self, request: CreateEndpoint, key: str) -> NewEndpoint:
        """https://docs.stripe.com/api/webhook_endpoints/create."""
        params: Params = {
            "url": request.url,
            "api_version": request.api_version,
            "connect": request.connect,
            "enabled_events": [*request.enabled_events],
            "metadata": {_CONNECT: str(request.connect).lower()},
        }
        created = self._calls.post(CreatedEndpointObject, _ENDPOINTS, params, key).data
        return NewEndpoint(created.to_endpoint(), created.secret)

    def update(self, endpoint_id: str, url: str, event_types: Collection[str]) -> Endpoint:
        """https://docs.stripe.com/api/webhook_endpoints/update."""
        return self._change(endpoint_id, {"url": url, "enabled_events": [*event_types]})

    def disable(self, endpoint_id: str) -> Endpoint:
        """https://docs.stripe.com/api/webhook_endpoints/update: Stripe sends nothing to it."""
        return self._change(endpoint_id, {"disabled": True})

    def _change(self, endpoint_id: str, params: Params) -> Endpoint:
        """Callers take the id from Stripe's list."""
        path = f"{_ENDPOINTS}/{endpoint_id}"
        missing = errors.RequestRefused
        return self._calls.post_repeatable(
            EndpointObject, path, params, missing=missing
        ).to_endpoint()
