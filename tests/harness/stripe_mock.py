"""Stripe's own mock server, stripe-mock, as a process: it validates requests and keeps no state."""

import json
import os
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from .http_status import http_status
from .ports import free_port
from .processes import Program
from .tools import stripe_mock_binary, stripe_openapi

START_TIMEOUT_SECONDS = 30.0


class StripeMock(Program):
    """stripe-mock while the context lasts; `url` is its address for API clients.

    Args:
        fixtures: A JSON file with the objects to serve in place of stripe-mock's own.
        running_at: The URL of one that another process runs, in place of starting one.
    """

    def __init__(self, fixtures: Path | None = None, *, running_at: str | None = None) -> None:
        self.url = running_at or f"http://127.0.0.1:{free_port()}"
        address = urlsplit(self.url).netloc
        command = None
        if running_at is None:
            command = [
                stripe_mock_binary(),
                # Without a port of its own for HTTPS it would listen on a fixed one.
                *("-http-addr", address, "-https-addr", f"127.0.0.1:{free_port()}"),
                *("-spec", _charges_first()),
                *(("-fixtures", fixtures.resolve()) if fixtures else ()),
            ]
        super().__init__(command, name="stripe-mock", start_timeout_seconds=START_TIMEOUT_SECONDS)

    @classmethod
    def attach(cls, url: str) -> Self:
        """Return the stripe-mock that another process runs at this URL."""
        return cls(running_at=url)

    def is_ready(self) -> bool:
        """Return whether it responds, with whatever status."""
        return http_status(self.url, "/") is not None


def _charges_first() -> Path:
    """Return Stripe's OpenAPI document with charges as the first source of balance transactions.

    Of several types, stripe-mock expands the first one only, and responds to a path that this lacks
    with 500. Its example of a balance transaction is that of a charge.
    """
    file = stripe_openapi() / "spec3-charges-first.json"
    if not file.exists():
        document = json.loads((stripe_openapi() / "spec3.json").read_text())
        source = document["components"]["schemas"]["balance_transaction"]["properties"]["source"]
        source["x-expansionResources"]["oneOf"].sort(key=lambda each: "charge" not in str(each))
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(document))
        part.replace(file)
    return file
