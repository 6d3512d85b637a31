"""`paycli doctor`: what is wrong, and how it is put right."""

import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

import typer

from paycli.cli import output
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import Later, with_settings
from paycli.errors import SettingsInvalid
from paycli.settings import (
    Group,
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)

if TYPE_CHECKING:
    from paycli.doctor import Check

_USUALLY = 18
"""How many checks there are on a whole installation."""

G = TypeVar("G", bound=Group)

_MARKS = {"ok": "ok", "warning": "warn", "failed": "FAIL", "skipped": "skip"}
_EXIT_CODES = {"settings": 3, "stripe": 4, "kafka": 5, "daemon": 1, "registry": 1}
"""By the part that failed; the first of several."""


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

    It changes nothing. Exit code 3, 4, 5 or 1: settings, Stripe, Kafka, or else the daemon or the
    registry failed.

    Example: paycli doctor
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
    from paycli import bootstrap, catalogue, doctor  # the SDKs, where they are used

    problems: dict[str, str] = {}
    at_stripe, signing = _read(stripe, problems), _read(webhook, problems)
    brokers, serving = _read(kafka, problems), _read(server, problems)
    _read(tokens, problems)
    mode = None if at_stripe is None else "live" if at_stripe.livemode else "test"
    yield from doctor.examine_settings(problems, mode)
    if signing is not None:
        yield doctor.examine_secrets(signing.secret_values())
    if at_stripe is not None:
        probe = bootstrap.stripe_probe(at_stripe)
        yield from doctor.examine_stripe(probe, catalogue.CATALOGUE.keys(), time.time())
    if brokers is not None:
        admin = bootstrap.kafka_probe(brokers)
        yield from doctor.examine_kafka(admin, brokers.topic, brokers.unreadable_topic)
    if serving is not None:
        address = f"http://{serving.listen.from_here()}"
        status = bootstrap.daemon_status(address)
        yield doctor.examine_daemon(address, status)
        if facts := list(bootstrap.registry_facts(serving)):
            address = str(serving.advertise or serving.listen)
            reached = bootstrap.daemon_status(f"http://{address}") is not None
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


def _print(checks: "list[Check]") -> None:
    for check in checks:
        first, second = f"{_MARKS[check.state]:4}  {check.id}", check.detail
        sys.stdout.write(output.one_line_or_two(first, second))
        if check.repair and check.state != "ok":
            sys.stdout.write(f"      {output.printable(check.repair)}\n")
