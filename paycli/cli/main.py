"""The entry point of the command line: commands by group, errors as one sentence."""

import importlib
import os
import sys
from collections.abc import Collection, Sequence
from typing import Annotated

import typer

from paycli import __version__, errors
from paycli.cli import exit_codes, output, streams
from paycli.cli.help import PaycliTyper
from paycli.printable import printable

COMMANDS = {
    "serve": "Run the daemon until SIGTERM or Ctrl-C.",
    "intent": "Create, show, change and refund payments at Stripe.",
    "refund": "Show refunds at Stripe.",
    "payment": "Show the history of a payment.",
    "customer": "Create, show, change and delete customers at Stripe.",
    "setup": "Save cards at Stripe without a payment.",
    "transfer": "Transfer parts of payments to connected accounts, and take them back.",
    "dispute": "Show disputes at Stripe, submit evidence, or accept them.",
    "payout": "Show payouts to a bank account, and export what they pay out.",
    "balance": "Show the balance at Stripe.",
    "account": "Create and show connected accounts, and link to their onboarding.",
    "endpoint": "List, create, update and retire webhook endpoints at Stripe.",
    "events": "Follow, search, export, replay and backfill published events.",
    "schemas": "Check and publish the events' schemas in a schema registry.",
    "asyncapi": "Print the AsyncAPI document of the Kafka topics.",
    "config": "Show the settings.",
    "doctor": "Check the installation, with a repair for each problem.",
    "init": "Write a .env file with every setting.",
    "docs": "Open the reference of the HTTP API and the events in the browser.",
    "openapi": "Print the OpenAPI 3.1 document of the HTTP API.",
    "webhook": "Verify, sign and send Stripe webhooks.",
}
"""The purpose of each command or command group; its module has the same name."""


def application(names: Collection[str] = tuple(COMMANDS)) -> typer.Typer:
    """Returns the command line; commands other than `names` are placeholders for the help.

    Importing the modules of all commands would double the start-up time.
    """
    app = PaycliTyper("Payments through Stripe: the daemon, and tools for its operators.")
    app.callback()(_root)
    for name, purpose in COMMANDS.items():
        if name not in names:
            app.command(name, help=purpose)(_placeholder)
            continue
        module = importlib.import_module(f"paycli.cli.{name}")
        if hasattr(module, "app"):
            app.add_typer(module.app, name=name, help=purpose)
        else:
            app.add(getattr(module, name))
    return app


def _placeholder() -> None:
    """Stands for a command that this process does not run."""


def _print_version(requested: bool) -> None:  # noqa: FBT001  (a flag's value)
    if requested:
        sys.stdout.write(f"paycli {__version__}\n")
        raise typer.Exit


def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Has the options that precede a command."""


def _requested_commands(arguments: Sequence[str]) -> Collection[str]:
    if "_PAYCLI_COMPLETE" in os.environ:  # set by the shell completion
        return COMMANDS
    return [name for name in arguments if not name.startswith("-")][:1]


def main() -> None:
    """Runs the command line and exits."""
    streams.open_closed_streams()
    try:
        code = _run()
        sys.stdout.flush()
    except OSError as error:
        code = streams.report_write_failure(error)
    sys.exit(code)


def _run() -> int | str | None:
    """Runs the command line and returns its exit code. An error becomes messages."""
    try:
        application(_requested_commands(sys.argv[1:]))(prog_name="paycli")
    except SystemExit as exit_:
        return exit_.code
    except errors.SettingsInvalid as error:
        output.print_message("error: missing or invalid settings")
        for problem in error.problems:
            output.print_message(f"  {problem.where}: {printable(problem.detail)}")
        return exit_codes.exit_code(error)
    except errors.StripeFailure as error:
        output.print_message(f"error: {printable(error.detail_for_operators)}")
        return exit_codes.exit_code(error)
    except errors.PaycliError as error:
        output.print_message(f"error: {printable(error.detail)}")
        return exit_codes.exit_code(error)
    return 0
