"""`paycli serve --sandbox`: what it brings, what it invents where nothing is set, and refuses."""

import ipaddress
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Literal

import typer

from paycli.cli import output
from paycli.errors import Problem, SettingsInvalid
from paycli.routes import WEBHOOK_PATH
from paycli.sandbox.process import SandboxProcess
from paycli.settings import GROUPS, KafkaSettings, ListenSettings, WebhookSettings, is_live
from paycli.settings.reader import SettingsReader, SettingsSources, other_names, setting_fields


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox: its process, and the settings that it brought or invented, by name."""

    process: SandboxProcess
    brought: dict[str, str]
    invented: dict[str, str]

    def connect(self, url: str, webhook: WebhookSettings, kafka: KafkaSettings) -> None:
        """From now on Stripe's stand-in, if there is one, sends webhooks to the daemon at `url`."""
        if "PAYCLI_STRIPE_API_BASE" not in self.brought:
            return
        from paycli.settings import kafka_config

        config = kafka_config.parse(kafka.config)
        brokers = {"bootstrap.servers": kafka.bootstrap_servers}
        secret = webhook.secret_values()[0]
        self.process.connect(url + WEBHOOK_PATH, [secret], kafka.topic, {**config, **brokers})


@contextmanager
def sandboxed(
    sources: SettingsSources,
    *,
    sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="With a Stripe and a Kafka of its own, for trying out."),
    ] = False,
    sandbox_part: Annotated[
        Literal["stripe", "kafka"] | None,
        typer.Option(help="The sandbox has only this one; the other is real."),
    ] = None,
) -> Iterator[tuple[SettingsSources, dict[str, object]]]:
    """Runs a sandbox as long as the command runs, if one is asked for.

    Gives the command `sandbox`, a Sandbox or None. Raises SettingsInvalid, SandboxFailed.
    """
    if not (sandbox or sandbox_part):
        yield sources, {"sandbox": None}
        return
    stripe, kafka = sandbox_part != "kafka", sandbox_part != "stripe"
    _refuse_what_is_real(sources)
    topic = sources.find(["PAYCLI_KAFKA_TOPIC"])
    name = topic.text if topic else KafkaSettings.model_fields["topic"].default
    process = SandboxProcess(stripe=stripe, topics=[name, f"{name}.unreadable"] if kafka else None)
    try:
        # The daemon's own parts take as long to load as the sandbox takes to come up.
        from paycli import bootstrap

        bootstrap.import_sdks()
        addresses = process.addresses()
        brought, invented = dict[str, str](), {"PAYCLI_API_TOKENS": secrets.token_urlsafe(24)}
        if addresses.stripe_url is not None:
            brought["PAYCLI_STRIPE_API_BASE"] = addresses.stripe_url
            invented["PAYCLI_STRIPE_API_KEY"] = f"sk_test_{secrets.token_hex(12)}"
            invented["PAYCLI_STRIPE_WEBHOOK_SECRETS"] = f"whsec_{secrets.token_hex(16)}"
        if addresses.kafka_bootstrap_servers is not None:
            brought["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"] = addresses.kafka_bootstrap_servers
            brought["PAYCLI_KAFKA_CONFIG"] = "{}"
        _say_what_is_not_used(sources, brought)
        made = Sandbox(process, brought, _not_set(sources, invented))
        sources.add_sandbox(brought, invented)
        yield sources, {"sandbox": made}
    finally:
        process.stop()


def _refuse_what_is_real(sources: SettingsSources) -> None:
    """Raises SettingsInvalid for a live key, and for addresses that other machines reach."""
    problems = []
    key = sources.find(_names("PAYCLI_STRIPE_API_KEY"))
    if key is not None and is_live(key.text):
        said = "is a live key, which no sandbox gets to see: unset it"
        problems.append(Problem("PAYCLI_STRIPE_API_KEY", said))
    listen = SettingsReader(sources).read(ListenSettings)
    addresses = {
        "PAYCLI_LISTEN": listen.listen if listen else None,
        "PAYCLI_PUBLIC_LISTEN": listen.public_listen if listen else None,
    }
    for name, address in addresses.items():
        if address is not None and not _is_loopback(address.host):
            said = "must be this machine's alone for a sandbox, such as 127.0.0.1:8080"
            problems.append(Problem(name, said))
    if problems:
        raise SettingsInvalid(problems)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say_what_is_not_used(sources: SettingsSources, brought: Iterable[str]) -> None:
    for name in brought:
        if found := sources.find(_names(name)):
            output.say(f"not used, since the sandbox brings its own: {found.source}")


def _not_set(sources: SettingsSources, invented: Mapping[str, str]) -> dict[str, str]:
    return {name: it for name, it in invented.items() if sources.find(_names(name)) is None}


def _names(variable: str) -> list[str]:
    """The setting's name and its further names."""
    fields = dict(pair for group in GROUPS for pair in setting_fields(group))
    return [variable, *other_names(fields[variable])]
