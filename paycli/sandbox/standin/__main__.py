"""The stand-in as a process: `python -m paycli.sandbox.standin < settings.json`.

Standard input has a JSON object with any of the arguments of `StandIn`; endpoints, `delivery` and
faults are objects with the fields of their classes. It prints its address and serves until SIGTERM
or SIGINT. Settings come this way because they hold secrets, and every process can read arguments.
"""

import asyncio
import json
import signal
import sys
from typing import Any

from paycli.sandbox.standin.endpoints import DeliverySettings, WebhookTarget
from paycli.sandbox.standin.faults import WrongFault, fault_of
from paycli.sandbox.standin.standin import StandIn

USAGE_EXIT_CODE = 2


def stand_in_of(text: str) -> StandIn:
    """The stand-in that the settings tell.

    Raises:
        WrongFault: a fault is not understood.
        ValueError, TypeError: the settings are no JSON object of the arguments.
        OSError: the address can't be had.
    """
    told = json.loads(text or "{}")
    endpoints = [WebhookTarget(**_with_tuples(it)) for it in told.pop("endpoints", ())]
    delivery = DeliverySettings(**told.pop("delivery", {}))
    faults = [fault_of(fault) for fault in told.pop("faults", ())]
    return StandIn(**told, endpoints=endpoints, delivery=delivery, faults=faults)


def _with_tuples(told: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(it) if isinstance(it, list) else it for name, it in told.items()}


async def _serve(stand_in: StandIn) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stand_in.stop)
    sys.stdout.write(f"{stand_in.url}\n")
    sys.stdout.flush()
    await stand_in.serve()


def main() -> None:
    """Serves; exits with 2 and a sentence when the settings are wrong."""
    try:
        stand_in = stand_in_of(sys.stdin.read())
    except (WrongFault, ValueError, TypeError, AttributeError, OSError) as error:
        sys.stderr.write(f"standin: {error}\n")
        sys.exit(USAGE_EXIT_CODE)
    asyncio.run(_serve(stand_in))


if __name__ == "__main__":
    main()
