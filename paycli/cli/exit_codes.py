"""Exit codes: what each means, which one an error has, and which ones a command declares."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from paycli import errors
from paycli.webhooks.signature import SignatureInvalid

MEANINGS = {
    0: "success",
    1: "other failure",
    2: "wrong usage",
    3: "missing or invalid settings",
    4: "Stripe refused the request or is unreachable",
    5: "Kafka refused the request or is unreachable",
    6: "invalid signature",
    130: "interrupted by Ctrl-C",
}
EXIT_CODES: dict[type[BaseException], int] = {
    errors.PaycliError: 1,
    errors.RequestInvalid: 2,
    errors.SettingsInvalid: 3,
    errors.StripeFailure: 4,
    errors.KafkaFailure: 5,
    errors.SchemaRegistryFailure: 5,
    SignatureInvalid: 6,
}
"""An error has the exit code of its nearest class."""
SETTINGS_INVALID = EXIT_CODES[errors.SettingsInvalid]
STRIPE_FAILED = EXIT_CODES[errors.StripeFailure]
KAFKA_FAILED = EXIT_CODES[errors.KafkaFailure]
SIGNATURE_INVALID = EXIT_CODES[SignatureInvalid]
INTERRUPTED = 130

_EXIT_CODES_BY_PROBLEM = {
    SignatureInvalid.code: SIGNATURE_INVALID,
    **{kind.code: KAFKA_FAILED for kind in errors.KafkaFailure.__subclasses__()},
}

F = TypeVar("F", bound=Callable[..., None])


def exit_code(error: errors.PaycliError) -> int:
    """Returns the exit code of the error's nearest class."""
    return next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES)


def exit_code_of_problem(code: str | None) -> int:
    """Returns the exit code for the `code` of a problem that the daemon responded with."""
    return _EXIT_CODES_BY_PROBLEM.get(code or "", 1)


def exits(*codes: int | Mapping[int, str]) -> Callable[[F], F]:
    """Declares the exit codes of a command, besides 0 and 2, for its help.

    A mapping gives codes a meaning for this command that differs from the usual one.
    """
    meanings: dict[int, str] = {}
    for each in (0, 2, *codes):
        meanings |= {each: MEANINGS[each]} if isinstance(each, int) else each

    def declare(command: F) -> F:
        command.exit_codes = dict(sorted(meanings.items()))  # type: ignore[attr-defined]  # read by the help
        return command

    return declare
