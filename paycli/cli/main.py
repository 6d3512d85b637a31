"""The command line: commands by group; a failure is one sentence and an exit code."""

import importlib
import os
import sys
from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from paycli import __version__, errors
from paycli.cli import output
from paycli.cli.explained import Application
from paycli.webhooks.signature import SignatureInvalid

EXIT_CODES: dict[type[BaseException], int] = {
    errors.PaycliError: 1,
    errors.RequestInvalid: 2,
    errors.SettingsInvalid: 3,
    errors.StripeFailure: 4,
    errors.KafkaFailure: 5,
    SignatureInvalid: 6,
}
"""The exit code of a failure is that of its nearest class."""

COMMANDS = {
    "serve": "Run the daemon until SIGTERM or Ctrl-C.",
    "intent": "Create, look up, change and refund payments at Stripe.",
    "refund": "Look up refunds at Stripe.",
    "payment": "Tell what happened to a payment.",
    "events": "Follow, find, repair and replay what is published.",
    "asyncapi": "Print the AsyncAPI document of the topics.",
    "config": "Show the settings.",
    "doctor": "Check the installation, and say how to repair it.",
    "init": "Write a commented .env.",
    "openapi": "Print the HTTP interface as an OpenAPI 3.1 document.",
    "webhook": "Verify, sign and send Stripe's webhooks.",
}
"""Each command or group of commands, in the module of its name, and what it is for."""


def application(wanted: Collection[str] = tuple(COMMANDS)) -> typer.Typer:
    """The command line with the commands `wanted`; the others are there by name only.

    Importing all that every command needs would double the time that help takes.
    """
    app = Application(
        "Payments between your services and Stripe: the daemon, and the operator's tools."
    )
    app.callback()(_root)
    for name, purpose in COMMANDS.items():
        if name not in wanted:
            app.command(name, help=purpose)(_nothing)
            continue
        module = importlib.import_module(f"paycli.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, help=purpose)
        else:
            app.add(getattr(module, name))
    return app


def _nothing() -> None:
    """Stands for a command that this run doesn't call."""


def _print_version(wanted: bool) -> None:  # noqa: FBT001  (a flag's value)
    if wanted:
        sys.stdout.write(f"paycli {__version__}\n")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """What goes before a command."""


def _wanted(arguments: Sequence[str]) -> Collection[str]:
    if "_PAYCLI_COMPLETE" in os.environ:  # the shell asks what could come next
        return COMMANDS
    return [name for name in arguments if not name.startswith("-")][:1]


def main() -> None:
    """Runs the command line and exits."""
    try:
        application(_wanted(sys.argv[1:]))(prog_name="paycli")
    except errors.SettingsInvalid as error:
        output.say("error: settings are missing or wrong")
        for problem in error.problems:
            output.say(f"  {problem.where}: {problem.detail}")
        sys.exit(exit_code(error))
    except errors.PaycliError as error:
        output.say(f"error: {error.detail}")
        sys.exit(exit_code(error))
    except BrokenPipeError:
        # Whoever read our output has gone; nothing more can be said, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def exit_code(error: errors.PaycliError) -> int:
    """The exit code of the error's nearest class."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)
