"""`paycli serve --sandbox`: a local Stripe stand-in and Kafka broker, and settings to use them."""

import ipaddress
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from paycli.cli.output import print_message
from paycli.errors import Problem, SettingsInvalid
from paycli.routes import WEBHOOK_PATH
from paycli.sandbox.process import SandboxProcess
from paycli.settings import GROUPS, KafkaSettings, ListenSettings, WebhookSettings, is_live
from paycli.settings.reader import SettingsReader, SettingsSources, other_names, setting_fields


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox.

    `overrides` are settings that win over all others, such as the broker's address; `defaults` are
    values for settings that are not set, such as a token. Both are by variable.
    """

    process: SandboxProcess
    overrides: dict[str, str]
    defaults: dict[str, str]

    def connect(self, url: str, webhook: WebhookSettings, kafka: KafkaSettings) -> None:
        """Lets the Stripe stand-in, if there is one, send webhooks to the daemon at `url`."""
        if "PAYCLI_STRIPE_API_BASE" not in self.overrides:
            return
        from paycli.settings import kafka_config

        config = kafka_config.parse(kafka.config)
        brokers = {"bootstrap.servers": kafka.bootstrap_servers}
        secret = webhook.secret_values()[0]
        self.process.connect(url + WEBHOOK_PATH, [secret], kafka.topic, {**config, **brokers})


@contextmanager
def run_sandbox(
    sources: SettingsSources, part: Literal["stripe", "kafka"] | None = None
) -> Iterator[Sandbox]:
    """Runs a sandbox, or only one `part` of it, and adds its settings to `sources`.

    Raises SettingsInvalid, SandboxFailed.
    """
    with_stripe, with_kafka = part != "kafka", part != "stripe"
    _refuse_real_settings(sources)
    setting = sources.find(["PAYCLI_KAFKA_TOPIC"])
    topic = setting.text if setting else KafkaSettings.model_fields["topic"].default
    topics = [topic, f"{topic}.unreadable"] if with_kafka else None
    process = SandboxProcess(stripe=with_stripe, topics=topics)
    try:
        # The daemon's modules take as long to import as the sandbox takes to start.
        from paycli import bootstrap

        bootstrap.import_sdks()
        addresses = process.addresses()
        overrides = dict[str, str]()
        defaults = {"PAYCLI_API_TOKENS": secrets.token_urlsafe(24)}
        if addresses.stripe_url is not None:
            overrides["PAYCLI_STRIPE_API_BASE"] = addresses.stripe_url
            defaults["PAYCLI_STRIPE_API_KEY"] = f"sk_test_{secrets.token_hex(12)}"
            defaults["PAYCLI_STRIPE_WEBHOOK_SECRETS"] = f"whsec_{secrets.token_hex(16)}"
        if addresses.kafka_bootstrap_servers is not None:
            overrides["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"] = addresses.kafka_bootstrap_servers
            overrides["PAYCLI_KAFKA_CONFIG"] = "{}"
        _report_overridden(sources, overrides)
        sandbox = Sandbox(process, overrides, _without_set(sources, defaults))
        sources.add_sandbox(overrides, defaults)
        yield sandbox
    finally:
        process.stop()


def _refuse_real_settings(sources: SettingsSources) -> None:
    """Raises SettingsInvalid for a live key, and for addresses that other machines can reach."""
    problems = []
    key = sources.find(_names("PAYCLI_STRIPE_API_KEY"))
    if key is not None and is_live(key.text):
        detail = "is a live key, which a sandbox does not accept: unset it"
        problems.append(Problem("PAYCLI_STRIPE_API_KEY", detail))
    listen = SettingsReader(sources).read(ListenSettings)
    addresses = {
        "PAYCLI_LISTEN": listen.listen if listen else None,
        "PAYCLI_PUBLIC_LISTEN": listen.public_listen if listen else None,
    }
    for name, address in addresses.items():
        if address is not None and not _is_loopback(address.host):
            detail = "must be a loopback address for a sandbox, such as 127.0.0.1:8080"
            problems.append(Problem(name, detail))
    if problems:
        raise SettingsInvalid(problems)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _report_overridden(sources: SettingsSources, overrides: Iterable[str]) -> None:
    for variable in overrides:
        if setting := sources.find(_names(variable)):
            print_message(f"ignored, since the sandbox has its own: {setting.source}")


def _without_set(sources: SettingsSources, defaults: Mapping[str, str]) -> dict[str, str]:
    """Returns the defaults of the settings that are not set."""
    return {
        variable: value
        for variable, value in defaults.items()
        if sources.find(_names(variable)) is None
    }


def _names(variable: str) -> list[str]:
    """Returns the setting's variable and its alternative names."""
    fields = dict(pair for group in GROUPS for pair in setting_fields(group))
    return [variable, *other_names(fields[variable])]
