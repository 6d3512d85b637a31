"""`paycli doctor`: what is wrong, and how it is put right."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import typer

from paycli.cli import layout, output
from paycli.cli.explained import exits
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import Later, with_settings
from paycli.errors import SettingsInvalid
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    SettingsGroup,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)

if TYPE_CHECKING:
    from paycli.ops.doctor import Check

_USUALLY = 18
"""How many checks there are on a whole installation."""

G = TypeVar("G", bound=SettingsGroup)

_MARKS = {
    "ok": ("ok", "green"),
    "warning": ("warn", "yellow"),
    "failed": ("FAIL", "red"),
    "skipped": ("skip", None),
}
_BLANK = " " * 6
"""As wide as a mark and what follows it."""
_BESIDE = 100
"""From so many columns on, what a check says stands beside its id."""
_EXIT_CODES = {"settings": 3, "stripe": 4, "kafka": 5, "daemon": 1, "registry": 1}
"""By the part that failed; the first of several."""


@exits(
    {
        1: "the daemon or the registry failed",
        3: "settings failed",
        4: "Stripe failed",
        5: "Kafka failed",
    }
)
@with_settings
def doctor(
    *,
    how: output.Output = None,
    json: output.Json = False,
    stripe: Later[StripeSettings],
    webhook: Later[WebhookSettings],
    kafka: Later[KafkaSettings],
    tokens: Later[TokenSettings],
    server: Later[ServerSettings],
) -> None:
    """Checks settings, Stripe, Kafka, daemon and registry, and says how to repair what is wrong.

    It changes nothing. The exit code is that of the first part that failed, in the order settings,
    Stripe, Kafka.

    Examples:
        paycli doctor
        paycli doctor -o json
    """
    format_ = output.chosen(how, json)
    with ProgressLine() as progress:
        checks = []
        for check in _checks(stripe, webhook, kafka, tokens, server):
            checks.append(check)
            progress(f"examining {check.part}", min(1, len(checks) / _USUALLY))
    if format_ is output.Format.TABLE:
        _print(checks)
    else:
        output.print_many([asdict(check) for check in checks], format_)
    failed = {check.part for check in checks if check.state == "failed"}
    for part, code in _EXIT_CODES.items():
        if part in failed:
            raise typer.Exit(code)


def _checks(
    stripe: Later[StripeSettings],
    webhook: Later[WebhookSettings],
    kafka: Later[KafkaSettings],
    tokens: Later[TokenSettings],
    server: Later[ServerSettings],
) -> "Iterator[Check]":
    from paycli import bootstrap  # the SDKs, where they are used
    from paycli.events import catalogue  # the SDKs, where they are used
    from paycli.ops import doctor  # the SDKs, where they are used

    problems: dict[str, str] = {}
    at_stripe, signing = _read(stripe, problems), _read(webhook, problems)
    brokers, serving = _read(kafka, problems), _read(server, problems)
    _read(tokens, problems)
    mode = None if at_stripe is None else "live" if at_stripe.livemode else "test"
    yield from doctor.examine_settings(problems, mode)
    if signing is not None:
        yield doctor.examine_secrets(signing.secret_values())
    if at_stripe is not None:
        probe = bootstrap.stripe_account(at_stripe)
        yield from doctor.examine_stripe(probe, catalogue.CATALOGUE.keys(), time.time())
    if brokers is not None:
        admin = bootstrap.kafka_admin(brokers)
        yield from doctor.examine_kafka(admin, brokers.topic, brokers.unreadable_topic)
    if serving is not None:
        address = f"http://{serving.listen.local_address()}"
        status = bootstrap.readiness_status(address)
        yield doctor.examine_daemon(address, status)
        if facts := list(bootstrap.registry_statuses(serving)):
            address = str(serving.advertise or serving.listen)
            reached = bootstrap.readiness_status(f"http://{address}") is not None
            yield from doctor.examine_registries(
                facts,
                serving.service_name,
                address,
                ready=status == doctor.READY,
                reached=reached,
            )


def _read(later: Later[G], problems: dict[str, str]) -> G | None:
    try:
        return later()
    except SettingsInvalid as error:
        problems.update({problem.where: problem.detail for problem in error.problems})
        return None


def _print(checks: "Sequence[Check]") -> None:
    """A line or two for each, and its repair; in narrow terminals what it says is below its id."""
    beside = layout.width() >= _BESIDE
    longest = max(len(check.id) for check in checks) if beside else 0
    for check in checks:
        mark, colour = _MARKS[check.state]
        before = " " * (len(_BLANK) + longest + 2)
        texts = [check.detail]
        if check.repair and check.state != "ok":
            texts.append(f"→ {check.repair}")
        told = [layout.hanging(before, output.printable(text)) for text in texts]
        if beside:
            told[0] = told[0].removeprefix(before)
        sys.stdout.write(f"{layout.coloured(mark.ljust(len(_BLANK)), colour)}{check.id:{longest}}")
        sys.stdout.write("  " if beside else "\n")
        sys.stdout.write("\n".join(told) + "\n")
