"""Names, defaults and rules are those that operators were promised, typed here word by word."""

import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.ports import WILDCARD_ADDRESS
from paycli.errors import Problem, SettingsInvalid
from paycli.settings import (
    KafkaSettings,
    ListenSettings,
    ServerSettings,
    SettingsGroup,
    StripeSettings,
    TokenSettings,
    WebhookSettings,
)
from paycli.settings.reader import G, SettingsReader, SettingsSources

CANARY = "CaNaRy8d1f"

# The least that each group needs.
GOOD = {
    "PAYCLI_STRIPE_API_KEY": "sk_test_1",
    "PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_1",
    "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
    "PAYCLI_API_TOKENS": "booking=token",
}
DAEMON: tuple[type[SettingsGroup], ...] = (
    StripeSettings,
    WebhookSettings,
    KafkaSettings,
    TokenSettings,
    ServerSettings,
)


class Place:
    """A machine of its own: flags, environment, `.env` and secret files, all empty at first."""

    def __init__(self, folder: Path) -> None:
        self.flags: dict[str, str] = {}
        self.environ = {"PAYCLI_SECRETS_DIR": str(folder / "secrets")}
        self.dotenv = folder / ".env"
        self.secrets = folder / "secrets"
        self.secrets.mkdir()

    def reader(self) -> SettingsReader:
        """Read the sources as a command does."""
        return SettingsReader(SettingsSources(self.flags, self.environ, self.dotenv))

    def read(self, group: type[G]) -> G:
        """Return the group, or raise what is wrong with it."""
        reader = self.reader()
        settings = reader.read(group)
        reader.check()
        assert settings is not None
        return settings

    def refusal(self, *groups: type[SettingsGroup]) -> SettingsInvalid:
        """Return the error that reading the groups together raises."""
        reader = self.reader()
        for group in groups:
            reader.read(group)
        with pytest.raises(SettingsInvalid) as refused:
            reader.check()
        return refused.value

    def problems(self, *groups: type[SettingsGroup]) -> dict[str, str]:
        """Return what is wrong, by the name of the setting, and that nothing is said twice."""
        problems = self.refusal(*groups).problems
        assert len({problem.where for problem in problems}) == len(problems)
        return {problem.where: problem.detail for problem in problems}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a machine on which nothing is set."""
    return Place(tmp_path)


# Precedence


@pytest.mark.parametrize("strongest", range(5))
def test_the_strongest_source_wins(place: Place, strongest: int) -> None:
    """A flag wins over the environment, that over `.env`, that over a secret file, then default."""
    name = "PAYCLI_KAFKA_TOPIC"
    place.environ["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"] = "kafka:9092"
    if strongest <= 0:
        place.flags[name] = "topic-0"
    if strongest <= 1:
        place.environ[name] = "topic-1"
    if strongest <= 2:
        place.dotenv.write_text(f"{name}=topic-2\n")
    if strongest <= 3:
        (place.secrets / name).write_text("topic-3\n")
    expected = f"topic-{strongest}" if strongest < 4 else "payments.events"
    assert place.read(KafkaSettings).topic == expected


@pytest.mark.parametrize(
    ("group", "prefix", "names"),
    [
        (StripeSettings, "sk_test_", "PAYCLI_STRIPE_API_KEY STRIPE_API_KEY STRIPE_SECRET_KEY"),
        (WebhookSettings, "whsec_", "PAYCLI_STRIPE_WEBHOOK_SECRETS STRIPE_WEBHOOK_SECRET"),
        (KafkaSettings, "kafka-", "PAYCLI_KAFKA_BOOTSTRAP_SERVERS KAFKA_BOOTSTRAP_SERVERS"),
    ],
)
def test_other_names_are_known_and_come_after_our_own(
    place: Place, group: type[SettingsGroup], prefix: str, names: str
) -> None:
    """Each documented name is enough by itself, and of several the first listed counts."""
    for number, name in enumerate(reversed(names.split())):
        place.environ[name] = f"{prefix}{number}"
        assert _required_value(place.read(group)) == f"{prefix}{number}"


def _required_value(settings: SettingsGroup) -> str:
    if isinstance(settings, StripeSettings):
        return settings.api_key.get_secret_value()
    if isinstance(settings, WebhookSettings):
        return ",".join(settings.secret_values())
    assert isinstance(settings, KafkaSettings)
    return settings.bootstrap_servers


def test_another_name_in_the_environment_wins_over_our_own_in_dotenv(place: Place) -> None:
    """The source counts before the name."""
    place.environ["STRIPE_SECRET_KEY"] = "sk_test_environment"
    place.dotenv.write_text("PAYCLI_STRIPE_API_KEY=sk_test_dotenv\n")
    assert place.read(StripeSettings).api_key.get_secret_value() == "sk_test_environment"


def test_empty_values_count_as_not_set(place: Place) -> None:
    """An empty value in any source lets the next one through."""
    place.flags["PAYCLI_KAFKA_TOPIC"] = ""
    place.environ |= {"PAYCLI_KAFKA_TOPIC": "", "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": ""}
    place.dotenv.write_text("PAYCLI_KAFKA_TOPIC=\nKAFKA_BOOTSTRAP_SERVERS=\n")
    (place.secrets / "PAYCLI_KAFKA_BOOTSTRAP_SERVERS").write_text("\n")
    assert "is not set" in place.problems(KafkaSettings)["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"]
    (place.secrets / "KAFKA_BOOTSTRAP_SERVERS").write_text("kafka:9092")
    assert place.read(KafkaSettings).topic == "payments.events"


@pytest.mark.parametrize("name", ["PAYCLI_STRIPE_API_KEY", "paycli_stripe_api_key"])
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_secret_files_are_found_by_either_case_and_lose_their_last_newline(
    place: Place, name: str, end: str
) -> None:
    """A mounted secret is a file of the setting's name, whose newline is not part of it."""
    (place.secrets / name).write_bytes(b"sk_test_file" + end.encode())
    assert place.read(StripeSettings).api_key.get_secret_value() == "sk_test_file"


def test_the_folder_of_secret_files_can_be_named_in_dotenv(place: Place) -> None:
    """`PAYCLI_SECRETS_DIR` is a setting like others and may stand in `.env`."""
    del place.environ["PAYCLI_SECRETS_DIR"]
    place.dotenv.write_text(f"PAYCLI_SECRETS_DIR={place.secrets}\n")
    (place.secrets / "STRIPE_API_KEY").write_text("sk_test_file")
    assert place.read(StripeSettings).api_key.get_secret_value() == "sk_test_file"


def test_dotenv_values_are_taken_as_they_stand(place: Place) -> None:
    """Dollar signs in a password are not replaced by anything of the environment."""
    place.environ |= {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "WORD": "replaced"}
    place.dotenv.write_text("""PAYCLI_KAFKA_CONFIG='{"sasl.password": "a${WORD}b$WORD"}'\n""")
    config = place.read(KafkaSettings).config
    assert config.get_secret_value() == '{"sasl.password": "a${WORD}b$WORD"}'


def test_a_dotenv_file_that_is_not_utf8_is_a_wrong_setting(place: Place) -> None:
    """What can't be read is said as a problem with settings, not as a traceback."""
    place.dotenv.write_bytes(f"PAYCLI_API_TOKENS={CANARY}\xff\n".encode("latin-1"))
    with pytest.raises(SettingsInvalid) as refused:
        place.reader()
    assert ".env" in refused.value.detail
    assert CANARY not in refused.value.detail


# Names and defaults


def test_defaults_are_as_documented(place: Place) -> None:
    """Whoever sets only what is required gets the documented defaults."""
    place.environ |= GOOD
    stripe, kafka = place.read(StripeSettings), place.read(KafkaSettings)
    server, webhook = place.read(ServerSettings), place.read(WebhookSettings)
    assert stripe.api_base == "https://api.stripe.com"
    assert (stripe.timeout_seconds, stripe.max_in_flight) == (10, 48)
    assert (kafka.topic, kafka.ack_timeout_seconds) == ("payments.events", 5)
    assert kafka.config.get_secret_value() == "{}"
    assert (str(server.listen), server.max_body_bytes) == ("127.0.0.1:8080", 1_048_576)
    assert webhook.tolerance_seconds == 300


def test_every_documented_name_is_taken(place: Place) -> None:
    """Each variable of the documentation sets what it says."""
    place.environ |= {
        **GOOD,
        "PAYCLI_STRIPE_API_BASE": "http://127.0.0.1:12111",
        "PAYCLI_STRIPE_TIMEOUT_SECONDS": "2.5",
        "PAYCLI_STRIPE_MAX_IN_FLIGHT": "7",
        "PAYCLI_KAFKA_TOPIC": "other.topic",
        "PAYCLI_KAFKA_CONFIG": '{"security.protocol": "SSL"}',
        "PAYCLI_ACK_TIMEOUT_SECONDS": "3.5",
        "PAYCLI_LISTEN": f"{WILDCARD_ADDRESS}:9000",
        "PAYCLI_WEBHOOK_MAX_IN_FLIGHT": "9",
        "PAYCLI_MAX_BODY_BYTES": "65536",
        "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": "60",
        "PAYCLI_LOG_FORMAT": "json",
    }
    stripe, kafka = place.read(StripeSettings), place.read(KafkaSettings)
    server, webhook = place.read(ServerSettings), place.read(WebhookSettings)
    assert stripe.api_base == "http://127.0.0.1:12111"
    assert (stripe.timeout_seconds, stripe.max_in_flight) == (2.5, 7)
    assert (kafka.topic, kafka.unreadable_topic) == ("other.topic", "other.topic.unreadable")
    assert kafka.config.get_secret_value() == '{"security.protocol": "SSL"}'
    assert kafka.ack_timeout_seconds == 3.5
    assert (str(server.listen), server.webhook_max_in_flight) == (f"{WILDCARD_ADDRESS}:9000", 9)
    assert (server.max_body_bytes, server.log_format) == (65_536, "json")
    assert webhook.tolerance_seconds == 60


# What is wrong, and that all of it is told


def test_everything_that_is_missing_is_told_at_once(place: Place) -> None:
    """An empty machine is told the four required settings, and only these, with what they are."""
    problems = place.problems(*DAEMON)
    assert problems.keys() == GOOD.keys()
    for detail in problems.values():
        assert detail.startswith("is not set (")
    assert "prefix decides live or test" in problems["PAYCLI_STRIPE_API_KEY"]
    assert "whsec_" in problems["PAYCLI_STRIPE_WEBHOOK_SECRETS"]
    assert "broker-1:9092" in problems["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"]
    assert "caller=TOKEN" in problems["PAYCLI_API_TOKENS"]


WRONG = {
    "PAYCLI_STRIPE_API_KEY": ("pk_test_1", "must begin with sk_test_"),
    "PAYCLI_STRIPE_API_BASE": ("api.stripe.com", "such as https://api.stripe.com"),
    "PAYCLI_STRIPE_TIMEOUT_SECONDS": ("soon", "must be a number"),
    "PAYCLI_STRIPE_MAX_IN_FLIGHT": ("4.5", "must be a whole number"),
    "PAYCLI_STRIPE_WEBHOOK_SECRETS": ("whsec_1,sk_test_1", "each must begin with whsec_"),
    "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": ("0", "must be greater than or equal to 1"),
    "PAYCLI_KAFKA_TOPIC": ("payments events", "must match"),
    "PAYCLI_KAFKA_CONFIG": ("[]", "must be a JSON object, such as"),
    "PAYCLI_ACK_TIMEOUT_SECONDS": ("1e9", "must be less than or equal to 60"),
    "PAYCLI_API_TOKENS": ("a b", "letters, digits and -._~+/"),
    "PAYCLI_LISTEN": ("localhost", "such as 127.0.0.1:8080"),
    "PAYCLI_WEBHOOK_MAX_IN_FLIGHT": ("0", "must be greater than or equal to 4"),
    "PAYCLI_MAX_BODY_BYTES": ("1", "must be greater than or equal to 1024"),
    "PAYCLI_LOG_FORMAT": ("xml", "'console' or 'json'"),
}


def test_everything_that_is_wrong_is_told_at_once(place: Place) -> None:
    """Every wrong setting of every group is in one report beside the missing one."""
    place.environ |= {name: value for name, (value, _) in WRONG.items()}
    problems = place.problems(*DAEMON)
    assert problems.keys() == {*WRONG, "PAYCLI_KAFKA_BOOTSTRAP_SERVERS"}
    for name, (_, words) in WRONG.items():
        assert words in problems[name], name


@pytest.mark.parametrize("name", WRONG)
def test_each_wrong_setting_is_told_by_its_name_with_what_to_do(place: Place, name: str) -> None:
    """One wrong setting among good ones is the only problem, and its text says what it must be."""
    value, words = WRONG[name]
    place.environ |= {**GOOD, name: value}
    problems = place.problems(*DAEMON)
    assert problems.keys() == {name}
    assert words in problems[name]


def test_a_problem_that_two_groups_share_is_told_once(place: Place) -> None:
    """A setting read for two purposes is not reported twice."""
    place.environ |= {"PAYCLI_LISTEN": "nowhere"}
    refusal = place.refusal(ListenSettings, ServerSettings)
    assert [problem.where for problem in refusal.problems] == ["PAYCLI_LISTEN"]


def test_the_error_says_all_problems_in_one_text(place: Place) -> None:
    """Whoever prints only the error's own text sees every name."""
    text = str(place.refusal(*DAEMON))
    assert all(name in text for name in GOOD)


def test_a_command_demands_only_what_it_uses(place: Place) -> None:
    """A group is read on a machine where nothing else is set, or is set wrongly."""
    place.environ |= {"PAYCLI_STRIPE_WEBHOOK_SECRETS": "whsec_1", "PAYCLI_API_TOKENS": "a b"}
    assert place.read(WebhookSettings).secret_values() == ("whsec_1",)


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "0", "1e999", ""])
@pytest.mark.parametrize(
    ("group", "name"),
    [
        (StripeSettings, "PAYCLI_STRIPE_TIMEOUT_SECONDS"),
        (KafkaSettings, "PAYCLI_ACK_TIMEOUT_SECONDS"),
    ],
)
def test_a_deadline_is_a_finite_time(
    place: Place, group: type[SettingsGroup], name: str, value: str
) -> None:
    """No number turns a deadline off; only an empty value means the default."""
    place.environ |= {**GOOD, name: value}
    if value:
        assert place.problems(group).keys() == {name}
    else:
        place.read(group)


@pytest.mark.parametrize("value", ["0", "-300", "nan", "5 minutes"])
def test_the_tolerance_cannot_be_switched_off(place: Place, value: str) -> None:
    """A tolerance of 0, which Stripe's own library takes as no check, is refused."""
    place.environ |= {**GOOD, "PAYCLI_WEBHOOK_TOLERANCE_SECONDS": value}
    assert place.problems(WebhookSettings).keys() == {"PAYCLI_WEBHOOK_TOLERANCE_SECONDS"}


@pytest.mark.parametrize("topic", ["a" * 239, "a/b", "zahlungen.ä", "a\n", "a,b"])
def test_topics_are_names_that_kafka_takes_also_with_their_suffix(place: Place, topic: str) -> None:
    """Kafka's names have 249 letters, digits, `.`, `_`, `-`, of which `.unreadable` takes 11."""
    place.environ |= {**GOOD, "PAYCLI_KAFKA_TOPIC": topic}
    assert place.problems(KafkaSettings).keys() == {"PAYCLI_KAFKA_TOPIC"}
    place.environ["PAYCLI_KAFKA_TOPIC"] = "a" * 238
    assert len(place.read(KafkaSettings).unreadable_topic) == 249


# Stripe's key


@pytest.mark.parametrize(
    ("key", "live"),
    [("sk_test_1", False), ("rk_test_1", False), ("sk_live_1", True), ("rk_live_1", True)],
)
def test_the_keys_prefix_decides_live_or_test(place: Place, key: str, *, live: bool) -> None:
    """Secret and restricted keys of both modes are taken for what they are."""
    place.environ["STRIPE_API_KEY"] = key
    assert place.read(StripeSettings).livemode is live


@pytest.mark.parametrize(
    "key",
    [
        "pk_test_1",
        "pk_live_1",
        "whsec_1",
        "sk_1",
        "SK_TEST_1",
        " sk_test_1",
        "Bearer sk_test_1",
        "sk_test_1 ",
        "sk_test_1\n2",
        "sk_test_ü",
        "sk_test_1\x00",
    ],
)
def test_other_keys_are_refused(place: Place, key: str) -> None:
    """What is no secret key, or could not be sent in a header, never reaches Stripe."""
    place.environ["STRIPE_API_KEY"] = key
    assert place.problems(StripeSettings).keys() == {"PAYCLI_STRIPE_API_KEY"}


FOREIGN = [
    "http://127.0.0.1:12111",
    "http://api.stripe.com",
    "https://api.stripe.com.example.org",
    "https://api.stripe.com:444",
    "https://API.stripe.com.",
]


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1"])
@pytest.mark.parametrize("address", FOREIGN)
def test_a_live_key_goes_to_nobody_but_stripe(place: Place, key: str, address: str) -> None:
    """A live key with any other address is refused, naming what to change; a test key may go."""
    place.environ |= {"STRIPE_API_KEY": key, "PAYCLI_STRIPE_API_BASE": address}
    error = place.refusal(StripeSettings)
    assert "live key" in error.detail
    assert "PAYCLI_STRIPE_API_BASE" in error.detail
    assert "test key" in error.detail
    place.environ["STRIPE_API_KEY"] = key.replace("live", "test")
    assert place.read(StripeSettings).api_base == address


@pytest.mark.parametrize("address", ["https://api.stripe.com", "https://api.stripe.com/"])
def test_a_live_key_goes_to_stripe(place: Place, address: str) -> None:
    """Stripe's own address may also be written out."""
    place.environ |= {"STRIPE_API_KEY": "sk_live_1", "PAYCLI_STRIPE_API_BASE": address}
    assert place.read(StripeSettings).livemode


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1",
        "https://",
        f"https://user:{CANARY}@127.0.0.1",
        "https://127.0.0.1/v1",
        "https://127.0.0.1?x=1",
        "https://a b",
        "https://127.0.0.1\n",
    ],
)
def test_an_address_is_scheme_and_host_alone(place: Place, address: str) -> None:
    """Paths, queries and credentials in Stripe's address are refused, and not repeated."""
    place.environ |= {**GOOD, "PAYCLI_STRIPE_API_BASE": address}
    error = place.refusal(StripeSettings)
    assert [problem.where for problem in error.problems] == ["PAYCLI_STRIPE_API_BASE"]
    assert CANARY not in error.detail


# Lists of secrets


def test_webhook_secrets_are_listed_with_commas(place: Place) -> None:
    """Several secrets are held while one is rolled; spaces and empty parts between do not count."""
    place.environ["PAYCLI_STRIPE_WEBHOOK_SECRETS"] = " whsec_1 ,whsec_2,, "
    assert place.read(WebhookSettings).secret_values() == ("whsec_1", "whsec_2")
    place.environ["PAYCLI_STRIPE_WEBHOOK_SECRETS"] = " , "
    assert place.problems(WebhookSettings).keys() == {"PAYCLI_STRIPE_WEBHOOK_SECRETS"}


# RFC 6750, section 2.1: b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
ALL_OF_B64 = "AZaz09-._~+/"


@pytest.mark.parametrize(
    ("value", "callers"),
    [
        ("token", {"token": None}),
        (ALL_OF_B64, {ALL_OF_B64: None}),
        ("booking=token", {"token": "booking"}),
        ("booking=old,booking=new", {"old": "booking", "new": "booking"}),
        ("a=1, b.c_d-E=2 ,3", {"1": "a", "2": "b.c_d-E", "3": None}),
        ("dG9rZW4=", {"dG9rZW4=": None}),
        ("dG9rZQ==", {"dG9rZQ==": None}),
        ("booking=dG9rZW4=", {"dG9rZW4=": "booking"}),
        ("booking=dG9rZQ==", {"dG9rZQ==": "booking"}),
        ("n" * 50 + "=token", {"token": "n" * 50}),
    ],
)
def test_tokens_are_bare_or_of_a_named_caller(
    place: Place, value: str, callers: Mapping[str, str | None]
) -> None:
    """Each token leads to its caller, several to one; base64's padding belongs to the token."""
    place.environ["PAYCLI_API_TOKENS"] = value
    assert place.read(TokenSettings).callers() == callers


@pytest.mark.parametrize(
    "value",
    [
        "two words",
        "booking=two words",
        "tökén",
        "a=b=c",
        "=",
        "==",
        "=token",
        "a:b=token",
        "a b=token",
        "ä=token",
        "n" * 51 + "=token",
        'a="token"',
        "token\x00",
    ],
)
def test_tokens_that_no_header_can_carry_are_refused(place: Place, value: str) -> None:
    """A token outside RFC 6750, or a caller's name that is none, is refused at start."""
    place.environ["PAYCLI_API_TOKENS"] = f"good=token-1,{value}"
    assert place.problems(TokenSettings).keys() == {"PAYCLI_API_TOKENS"}


@pytest.mark.parametrize("value", ["t,t", "a=t,b=t", "a=t,a=t", "a=t,t", "t==,a=t=="])
def test_the_same_token_twice_is_refused(place: Place, value: str) -> None:
    """A token is one caller's alone, else nobody could say whose request it was."""
    place.environ["PAYCLI_API_TOKENS"] = value
    assert "same token twice" in place.problems(TokenSettings)["PAYCLI_API_TOKENS"]


# Where to listen


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("localhost:0", "localhost", 0),
        ("[::1]:8080", "::1", 8080),
        ("[::]:65535", "::", 65535),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
    ],
)
def test_listens_on_names_ipv4_and_ipv6(place: Place, value: str, host: str, port: int) -> None:
    """An address is host:port, IPv6 in brackets (RFC 3986), and is shown as it was written."""
    place.environ["PAYCLI_LISTEN"] = value
    listen = place.read(ListenSettings).listen
    assert (listen.host, listen.port, str(listen)) == (host, port, value)


def test_a_star_is_every_ipv4_address(place: Place) -> None:
    """It is listened on like its number, and nobody can be sent there."""
    place.environ |= GOOD | {"PAYCLI_LISTEN": "*:8080"}
    listen = place.read(ListenSettings).listen
    assert (str(listen), str(listen.local_address())) == (
        f"{WILDCARD_ADDRESS}:8080",
        "127.0.0.1:8080",
    )
    place.environ["PAYCLI_ADVERTISE"] = "*:8080"
    assert "others can reach" in place.problems(ServerSettings)["PAYCLI_ADVERTISE"]


@pytest.mark.parametrize(
    "value",
    [
        "8080",
        ":8080",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:65536",
        "localhost:-1",
        "localhost:\u0663",
        "localhost:" + "9" * 5000,
        "[]:80",
        "[::1]",
        "[::1:80",
        "::1",
    ],
    ids=lambda value: ascii(value)[1:20],
)
def test_other_addresses_are_refused(place: Place, value: str) -> None:
    """What is not host:port is refused with examples, not taken for something near it."""
    place.environ["PAYCLI_LISTEN"] = value
    assert place.problems(ListenSettings)["PAYCLI_LISTEN"].startswith(
        "must be host:port, such as 127.0.0.1:8080 or [::1]:8080"
    )


# Secrets stay secret

MALFORMED_SECRETS: list[tuple[type[SettingsGroup], str, str]] = [
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", CANARY),
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", f"pk_live_{CANARY}"),
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", f"sk_test_{CANARY} x"),
    (StripeSettings, "PAYCLI_STRIPE_API_KEY", f"sk_live_{CANARY}ü"),
    (WebhookSettings, "PAYCLI_STRIPE_WEBHOOK_SECRETS", CANARY),
    (WebhookSettings, "PAYCLI_STRIPE_WEBHOOK_SECRETS", f"whsec_{CANARY},{CANARY}"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"{CANARY} x"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"a={CANARY}ü"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"{CANARY}=b=c"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"{CANARY} x=token"),
    (TokenSettings, "PAYCLI_API_TOKENS", f"a={CANARY},b={CANARY}"),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", CANARY),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'"{CANARY}"'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'["{CANARY}"]'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": "{CANARY}"'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f"{{'sasl.password': '{CANARY}'}}"),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": ["{CANARY}"]}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": {{"x": "{CANARY}"}}}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"acks": "{CANARY}"}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"linger.ms": "{CANARY}"}}'),
    (KafkaSettings, "PAYCLI_KAFKA_CONFIG", f'{{"sasl.password": "{CANARY}", "x": null}}'),
]


@pytest.mark.parametrize("source", ["flag", "environment", "dotenv", "file"])
@pytest.mark.parametrize(("group", "name", "value"), MALFORMED_SECRETS)
def test_a_malformed_secret_is_named_and_never_shown(
    place: Place, group: type[SettingsGroup], name: str, value: str, source: str
) -> None:
    """A wrong secret, wherever it came from, is in no text that the error or its traceback has."""
    place.environ |= {key: good for key, good in GOOD.items() if key != name}
    if source == "flag":
        place.flags[name] = value
    elif source == "environment":
        place.environ[name] = value
    elif source == "dotenv":
        quoted = value.replace("\\", "\\\\").replace("'", "\\'")
        place.dotenv.write_text(f"{name}='{quoted}'\n", encoding="utf-8")
    else:
        (place.secrets / name).write_text(value, encoding="utf-8")
    error = place.refusal(group)
    assert [problem.where for problem in error.problems] == [name]
    assert CANARY not in _everything(error)


def test_a_live_key_at_a_foreign_address_is_not_shown(place: Place) -> None:
    """Also the refusal that is about two settings keeps the key to itself."""
    place.environ |= {
        "STRIPE_API_KEY": f"sk_live_{CANARY}",
        "PAYCLI_STRIPE_API_BASE": "http://127.0.0.1:1",
    }
    assert CANARY not in _everything(place.refusal(StripeSettings))


def test_good_secrets_are_in_no_representation(place: Place) -> None:
    """Settings can be printed, formatted and dumped, and still show no secret."""
    place.environ |= {
        "STRIPE_API_KEY": f"sk_test_{CANARY}",
        "STRIPE_WEBHOOK_SECRET": f"whsec_{CANARY}",
        "PAYCLI_API_TOKENS": f"a={CANARY},{CANARY}2",
        "KAFKA_BOOTSTRAP_SERVERS": "kafka:9092",
        "PAYCLI_KAFKA_CONFIG": f'{{"sasl.password": "{CANARY}"}}',
    }
    for group in DAEMON:
        settings = place.read(group)
        for text in (repr(settings), str(settings), f"{settings}", settings.model_dump_json()):
            assert CANARY not in text
    # The control: it was there to be shown.
    assert CANARY in place.read(StripeSettings).api_key.get_secret_value()


def test_settings_cannot_be_changed(place: Place) -> None:
    """What was read at the start holds until the end."""
    place.environ |= GOOD
    settings = place.read(StripeSettings)
    with pytest.raises(ValueError, match="frozen"):
        settings.timeout_seconds = 1  # type: ignore[misc]  # that is the point


def _everything(error: SettingsInvalid) -> str:
    """Return all that anybody could print of an error."""
    said = [repr(error), str(error), error.detail, *map(_text, error.problems)]
    return "\n".join([*said, *traceback.format_exception(error)])


def _text(problem: Problem) -> str:
    return repr(problem) + problem.detail


def test_a_registry_needs_an_address_that_others_can_reach(place: Place) -> None:
    """Registered is PAYCLI_LISTEN; on a wildcard address PAYCLI_ADVERTISE must say which."""
    place.environ |= GOOD | {"PAYCLI_EUREKA_URL": "http://a:8761/eureka, https://u:p@b/eureka"}
    assert place.read(ServerSettings).registries() == (
        "http://a:8761/eureka",
        "https://u:p@b/eureka",
    )
    place.environ["PAYCLI_LISTEN"] = f"{WILDCARD_ADDRESS}:8080"
    assert "needs PAYCLI_ADVERTISE" in place.problems(ServerSettings)["PAYCLI_EUREKA_URL"]
    place.environ["PAYCLI_ADVERTISE"] = "10.0.0.7:8080"
    assert str(place.read(ServerSettings).advertise) == "10.0.0.7:8080"
    place.environ["PAYCLI_ADVERTISE"] = "[::]:8080"
    assert "others can reach" in place.problems(ServerSettings)["PAYCLI_ADVERTISE"]


@pytest.mark.parametrize(
    "url",
    [
        "registry:8761/eureka",
        f"ftp://{CANARY}@a/eureka",
        f"http://{CANARY}:{CANARY}@:8761/eureka",
        "http://a:port/eureka",
        "http://a/eureka,b",
    ],
)
def test_the_address_of_a_registry_is_checked_and_never_shown(place: Place, url: str) -> None:
    """What is no address is refused, without its credentials."""
    place.environ |= GOOD | {"PAYCLI_EUREKA_URL": url}
    said = place.problems(ServerSettings)["PAYCLI_EUREKA_URL"]
    assert "each must be like http://registry:8761/eureka" in said
    assert CANARY not in said


@pytest.mark.parametrize("name", ["a.b", "-a", "a_b", "a b", "a" * 64])
def test_a_service_name_is_one_that_stands_in_an_address(place: Place, name: str) -> None:
    """Callers put the name where a host stands (RFC 1123)."""
    place.environ |= GOOD | {"PAYCLI_SERVICE_NAME": name}
    assert "PAYCLI_SERVICE_NAME" in place.problems(ServerSettings)
