"""`paycli doctor`."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from paycli.cli import exit_codes, terminal
from paycli.cli.exit_codes import exits
from paycli.cli.lazy_settings import LazySettings
from paycli.cli.output import CommandResult, TableView, prints_result
from paycli.cli.progress import ProgressLine
from paycli.cli.settings_options import with_settings
from paycli.errors import SettingsInvalid
from paycli.printable import printable
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)

if TYPE_CHECKING:
    from paycli.ops.doctor import DoctorCheck

_EXPECTED_CHECKS = 19
"""The number of checks of a complete installation, for the progress."""

T = TypeVar("T")

_LABELS = {
    "ok": ("ok", "green"),
    "warning": ("warn", "yellow"),
    "failed": ("FAIL", "red"),
    "skipped": ("skip", None),
}
_LABEL_COLUMNS = 6
_WIDE_COLUMNS = 100
"""From this width on, the detail of a check is on the same line as its id."""
_EXIT_CODES = {
    "settings": exit_codes.SETTINGS_INVALID,
    "stripe": exit_codes.STRIPE_FAILED,
    "kafka": exit_codes.KAFKA_FAILED,
    "daemon": 1,
    "registry": 1,
}
"""By the failed part; of several parts, the first one decides."""


@exits(
    {
        1: "the daemon or the registry failed",
        3: "settings failed",
        4: "Stripe failed",
        5: "Kafka failed",
    }
)
@with_settings
@prints_result
def doctor(
    *,
    stripe: LazySettings[StripeSettings],
    webhook: LazySettings[WebhookSettings],
    kafka: LazySettings[KafkaSettings],
    tokens: LazySettings[TokenSettings],
    server: LazySettings[ServerSettings],
) -> CommandResult:
    """Check settings, Stripe, Kafka, daemon and registry, and print a repair for each problem.

    It changes nothing. The exit code is that of the first failed part, in the order settings,
    Stripe, Kafka, daemon, registry.

    Examples:
        paycli doctor
        paycli doctor -o json
    """
    with ProgressLine() as progress:
        checks = []
        for check in _checks(stripe, webhook, kafka, tokens, server):
            checks.append(check)
            progress(f"checking {check.part}", min(1, len(checks) / _EXPECTED_CHECKS))
    failed = {check.part for check in checks if check.state == "failed"}
    return CommandResult(
        [asdict(check) for check in checks],
        table=TableView(_table(checks)),
        exit_code=next((code for part, code in _EXIT_CODES.items() if part in failed), 0),
    )


def _checks(
    stripe: LazySettings[StripeSettings],
    webhook: LazySettings[WebhookSettings],
    kafka: LazySettings[KafkaSettings],
    tokens: LazySettings[TokenSettings],
    server: LazySettings[ServerSettings],
) -> "Iterator[DoctorCheck]":
    from paycli import bootstrap  # the SDKs
    from paycli.events import catalogue  # the events' classes
    from paycli.ops import doctor

    problems: dict[str, str] = {}
    stripe_settings, webhook_settings = _read(stripe, problems), _read(webhook, problems)
    kafka_settings, server_settings = _read(kafka, problems), _read(server, problems)
    token_settings = _read(tokens, problems)
    if kafka_settings is not None:
        _read(partial(bootstrap.topics, kafka_settings), problems)
    mode = None if stripe_settings is None else "live" if stripe_settings.livemode else "test"
    yield from doctor.examine_settings(problems, mode)
    if webhook_settings is not None:
        yield doctor.examine_secrets(webhook_settings.secret_values())
    if token_settings is not None:
        names, limits = token_settings.callers().values(), token_settings.permissions()
        if (callers := doctor.examine_callers(names, limits)) is not None:
            yield callers
    if stripe_settings is not None:
        probe = bootstrap.stripe_account(stripe_settings)
        yield from doctor.examine_stripe(probe, catalogue.CATALOGUE.keys(), time.time())
    if kafka_settings is not None:
        admin = bootstrap.kafka_admin(kafka_settings)
        yield from doctor.examine_kafka(
            admin, kafka_settings.topic, kafka_settings.unreadable_topic
        )
    if server_settings is not None:
        url = f"http://{server_settings.listen.local_address()}"
        status = bootstrap.readiness_status(url)
        yield doctor.examine_daemon(url, status)
        if registries := list(bootstrap.registry_statuses(server_settings)):
            advertised = str(server_settings.advertise or server_settings.listen)
            yield from doctor.examine_registries(
                registries,
                server_settings.service_name,
                advertised,
                ready=status == doctor.READY,
                reached=bootstrap.readiness_status(f"http://{advertised}") is not None,
            )


def _read(read: Callable[[], T], problems: dict[str, str]) -> T | None:
    try:
        return read()
    except SettingsInvalid as error:
        problems.update({problem.where: problem.detail for problem in error.problems})
        return None


def _table(checks: "Sequence[DoctorCheck]") -> str:
    """Returns one or two lines for each check; in a narrow terminal, details are below the id."""
    wide = terminal.width() >= _WIDE_COLUMNS
    id_columns = max(len(check.id) for check in checks) if wide else 0
    indent = " " * (_LABEL_COLUMNS + id_columns + 2)
    table = ""
    for check in checks:
        label, color = _LABELS[check.state]
        texts = [check.detail]
        if check.repair and check.state != "ok":
            texts.append(f"→ {check.repair}")
        lines = [terminal.hanging_indent(indent, printable(text)) for text in texts]
        if wide:
            lines[0] = lines[0].removeprefix(indent)
        table += terminal.colored(label.ljust(_LABEL_COLUMNS), color) + f"{check.id:{id_columns}}"
        table += ("  " if wide else "\n") + "\n".join(lines) + "\n"
    return table
