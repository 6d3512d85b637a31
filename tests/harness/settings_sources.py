"""Settings from isolated sources: nothing of the machine that runs the tests is read."""

from pathlib import Path

import pytest

from paycli.errors import SettingsInvalid
from paycli.settings import (
    KafkaSettings,
    ServerSettings,
    SettingsGroup,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)
from paycli.settings.reader import G, SettingsReader, SettingsSources

CANARY = "CaNaRy8d1f5b2c9e"
SIGNING_SECRET = "whsec_of_isolated_sources"
TOKEN = "token-of-isolated-sources"
REQUIRED = {
    "PAYCLI_STRIPE_API_KEY": "sk_test_1",
    "PAYCLI_STRIPE_WEBHOOK_SECRETS": SIGNING_SECRET,
    "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "PAYCLI_API_TOKENS": f"booking={TOKEN}",
}
GROUPS_OF_THE_DAEMON: tuple[type[SettingsGroup], ...] = (
    StripeSettings,
    WebhookSettings,
    KafkaSettings,
    TokenSettings,
    ServerSettings,
)


class IsolatedSources:
    """Flags, environment, `.env` and secret files, all of them initially empty."""

    def __init__(self, folder: Path) -> None:
        self.flags: dict[str, str] = {}
        self.environ = {"PAYCLI_SECRETS_DIR": str(folder / "secrets")}
        self.dotenv = folder / ".env"
        self.secrets = folder / "secrets"
        self.secrets.mkdir()

    def reader(self) -> SettingsReader:
        """Return a reader of the sources, as a command creates it."""
        return SettingsReader(SettingsSources(self.flags, self.environ, self.dotenv))

    def read(self, group: type[G]) -> G:
        """Return the group, or raise SettingsInvalid."""
        reader = self.reader()
        settings = reader.read(group)
        reader.check()
        assert settings is not None
        return settings

    def refusal(self, *groups: type[SettingsGroup]) -> SettingsInvalid:
        """Return the SettingsInvalid that reading the groups together raises."""
        reader = self.reader()
        for group in groups:
            reader.read(group)
        with pytest.raises(SettingsInvalid) as refused:
            reader.check()
        return refused.value

    def problems(self, *groups: type[SettingsGroup]) -> dict[str, str]:
        """Return the messages by setting, and check that no setting is reported twice."""
        problems = self.refusal(*groups).problems
        assert len({problem.where for problem in problems}) == len(problems)
        return {problem.where: problem.detail for problem in problems}
