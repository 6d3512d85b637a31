"""The stand-in as a process: `python -m paycli.sandbox.standin < settings.json`.

Standard input is a JSON object with arguments of `StandIn`; `endpoints`, `delivery` and `faults`
are objects with the fields of their classes. The process prints its URL and serves until SIGTERM
or SIGINT. Settings are not arguments because they contain secrets, and other processes can read
arguments.
"""

import asyncio
import json
import signal
import sys
from typing import Any

from paycli.sandbox.standin.faults import InvalidFault, parse_fault
from paycli.sandbox.standin.resources.webhook_endpoints import WebhookTarget
from paycli.sandbox.standin.server import StandIn
from paycli.sandbox.standin.webhooks.settings import DeliverySettings

USAGE_EXIT_CODE = 2


def create_stand_in(text: str) -> StandIn:
    """The stand-in with settings in JSON.

    Raises:
        InvalidFault: a fault is not valid.
        ValueError, TypeError, AttributeError: the settings are not a JSON object of arguments.
        OSError: the address can't be listened on.
    """
    settings = json.loads(text or "{}")
    endpoints = [WebhookTarget(**_with_tuples(fields)) for fields in settings.pop("endpoints", ())]
    delivery = DeliverySettings(**settings.pop("delivery", {}))
    faults = [parse_fault(fields) for fields in settings.pop("faults", ())]
    return StandIn(**settings, endpoints=endpoints, delivery=delivery, faults=faults)


def _with_tuples(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
    }


async def _serve(stand_in: StandIn) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stand_in.stop)
    sys.stdout.write(f"{stand_in.url}\n")
    sys.stdout.flush()
    await stand_in.serve()


def main() -> None:
    """Serves; exits with code 2 and a message if the settings are not valid."""
    try:
        stand_in = create_stand_in(sys.stdin.read())
    except (InvalidFault, ValueError, TypeError, AttributeError, OSError) as error:
        sys.stderr.write(f"standin: {error}\n")
        sys.exit(USAGE_EXIT_CODE)
    asyncio.run(_serve(stand_in))


if __name__ == "__main__":
    main()
