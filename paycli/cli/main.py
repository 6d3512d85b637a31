"""The command line: commands by group; a failure is one sentence and an exit code."""

import os
import sys
from typing import Annotated

import typer

from paycli import __version__, errors
from paycli.cli import intent, output, serve, webhook
from paycli.signature import SignatureInvalid

EXIT_CODES: dict[type[BaseException], int] = {
    errors.PaycliError: 1,
    errors.RequestInvalid: 2,
    errors.SettingsInvalid: 3,
    errors.StripeError: 4,
    errors.KafkaError: 5,
    SignatureInvalid: 6,
}
"""The exit code of a failure is that of its nearest class."""

app = typer.Typer(
    help="Payments between your services and Stripe: the daemon, and the operator's tools.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.add_typer(intent.app, name="intent")
app.add_typer(webhook.app, name="webhook")


def _print_version(wanted: bool) -> None:  # noqa: FBT001  (a flag's value)
    if wanted:
        sys.stdout.write(f"paycli {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Runs the command line and exits."""
    try:
        app()
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
