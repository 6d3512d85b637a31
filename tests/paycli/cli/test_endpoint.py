"""`paycli endpoint`: what exists at Stripe becomes what the daemon needs; secrets stay in files."""

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from harness.command_line import PAYCLI, run
from harness.stripe import Stripe, respond
from harness.stripe_schema import Json
from harness.tools import stripe_openapi
from paycli.events.catalogue import CATALOGUE
from paycli.sandbox.standin import WebhookTarget

URL = "https://pay.example.test/api/v1/stripe/events"
VERSION = "2026-10-28.endive"
OTHER_VERSION = "2025-03-31.basil"
APPLY = ("apply", "--url", URL)


class Operator:
    """Runs `paycli endpoint` with the settings of one Stripe."""

    def __init__(self, stripe: Stripe, folder: Path) -> None:
        self.stripe = stripe
        self.folder = folder
        self.err = ""

    def run(self, *arguments: str, code: int = 0, key: str = "sk_test_8f3b") -> Json:
        """Return the command's JSON; no output of it has a signing secret."""
        base = "" if "_live_" in key else self.stripe.url
        settings = {"PAYCLI_STRIPE_API_KEY": key, "PAYCLI_STRIPE_API_BASE": base}
        done = run(self.folder, ("endpoint", *arguments, "-o", "json"), settings)
        self.err = done.stderr
        assert done.returncode == code, done.stderr
        assert "whsec_" not in done.stdout + done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def endpoints(self) -> list[Json]:
        """Return the endpoints as Stripe lists them."""
        listed: list[Json] = self.stripe.call("GET", "/v1/webhook_endpoints").json["data"]
        return listed

    def writes(self) -> int:
        """Return the number of requests that would change something at Stripe."""
        return sum(request.method == "POST" for request in self.stripe.requests)


@pytest.fixture
def operator(stand_in: Stripe, tmp_path: Path) -> Operator:
    """An operator without any endpoint."""
    return Operator(stand_in, tmp_path)


def test_an_endpoint_is_created_once_and_then_left_alone(operator: Operator) -> None:
    """It has exactly the mapped types and the pinned version; a second call changes nothing."""
    (planned,) = operator.run(*APPLY, "--dry-run")
    assert (planned["action"], planned["id"], operator.writes()) == ("create", None, 0)
    assert operator.run(*APPLY, code=2) is None
    assert ("--secret-file" in operator.err, operator.writes()) == (True, 0)
    (created,) = operator.run(*APPLY, "--secret-file", "secret")
    (endpoint,) = operator.endpoints()
    assert endpoint["id"] == created["id"]
    assert (endpoint["url"], endpoint["api_version"]) == (URL, VERSION)
    assert set(endpoint["enabled_events"]) == CATALOGUE.keys() == set(created["added"])
    file = operator.folder / "secret"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in operator.folder.iterdir()] == ["secret"]
    before, content = operator.writes(), file.read_bytes()
    (again,) = operator.run(*APPLY, "--secret-file", "secret")
    assert (again["action"], again["id"], operator.writes()) == ("none", endpoint["id"], before)
    assert file.read_bytes() == content
    (listed,) = operator.run("list")
    assert (listed["types"], listed["missing"], listed["superfluous"]) == (len(CATALOGUE), [], [])


def test_every_mapped_type_can_be_enabled_at_stripe() -> None:
    """Stripe's OpenAPI document has them all for endpoints."""
    document = json.loads((stripe_openapi() / "spec3.json").read_text())
    body = document["paths"]["/v1/webhook_endpoints"]["post"]["requestBody"]["content"]
    (schema,) = (content["schema"] for content in body.values())
    assert CATALOGUE.keys() <= set(schema["properties"]["enabled_events"]["items"]["enum"])


@pytest.mark.parametrize("spelling", [URL, f"{URL}/", URL.replace("pay", "PAY", 1)])
def test_an_existing_endpoint_is_repaired_in_place(operator: Operator, spelling: str) -> None:
    """Types are added and removed, the address is corrected, and the secret stays the same."""
    types = ("charge.expired", "customer.created")
    operator.stripe.add_webhook_target(WebhookTarget(spelling, ("whsec_x",), types, VERSION))
    (listed,) = operator.run("list")
    assert (len(listed["missing"]), listed["superfluous"]) == (len(CATALOGUE) - 1, [types[1]])
    (changed,) = operator.run(*APPLY, "--secret-file", "unused")
    assert (changed["action"], changed["url"]) == ("update", URL)
    assert {*changed["added"], types[0]} == CATALOGUE.keys()
    assert changed["removed"] == [types[1]]
    (endpoint,) = operator.endpoints()
    assert endpoint["url"] == URL
    assert set(endpoint["enabled_events"]) == CATALOGUE.keys()
    assert not (operator.folder / "unused").exists()


def test_a_version_is_not_changed_but_replaced(operator: Operator) -> None:
    """The message has the steps; the old endpoint can be retired once there is a new one."""
    operator.stripe.add_webhook_target(WebhookTarget(URL, ("whsec_x",), ("*",), OTHER_VERSION))
    (old,) = operator.endpoints()
    assert operator.run(*APPLY, "--secret-file", "secret", code=1) is None
    for word in (OTHER_VERSION, VERSION, "--new", f"retire {old['id']}"):
        assert word in operator.err
    assert operator.run("retire", old["id"], code=1) is None
    assert ("--force" in operator.err, operator.writes()) == (True, 0)
    operator.run(*APPLY, "--secret-file", "secret", "--new")
    assert operator.run("retire", old["id"])["status"] == "disabled"
    assert [each["status"] for each in operator.endpoints()] == ["disabled", "enabled"]
    before = operator.writes()
    assert operator.run("retire", old["id"])["status"] == "disabled"
    assert operator.writes() == before
    assert operator.run(*APPLY)[0]["action"] == "none"


def test_connected_accounts_have_an_endpoint_of_their_own(operator: Operator) -> None:
    """It is another one at the same address, and neither replaces the other."""
    operator.stripe.add_webhook_target(WebhookTarget(URL, ("whsec_x",), ("*",), VERSION, True))
    (created,) = operator.run(*APPLY, "--secret-file", "own")
    assert created["action"] == "create"
    (connected,) = operator.run(*APPLY, "--connect")
    assert (connected["action"], connected["removed"]) == ("update", ["*"])
    assert [row["connect"] for row in operator.run("list")] == [True, False]
    for row in operator.run("list"):
        operator.run("retire", row["id"], code=1)
    assert operator.run("retire", created["id"], "--force")["status"] == "disabled"


def test_no_file_is_overwritten_and_no_secret_without_a_file(operator: Operator) -> None:
    """Nothing is created if the file exists or cannot be written, nor is a file left behind."""
    (operator.folder / "taken").write_text("another secret")
    (operator.folder / "link").symlink_to("elsewhere")
    for file in ("taken", "link", "missing/secret"):
        operator.run(*APPLY, "--secret-file", file, code=2)
        assert file in operator.err
    assert (operator.writes(), operator.endpoints()) == (0, [])
    operator.stripe.inject(*[respond(400, {"error": {"message": "No"}})] * 2)
    operator.run(*APPLY, "--secret-file", "secret", code=4)
    assert {each.name for each in operator.folder.iterdir()} == {"taken", "link"}
    assert (operator.folder / "taken").read_text() == "another secret"


def test_a_lost_secret_is_fetched_with_the_same_key(operator: Operator) -> None:
    """The idempotency key with --new returns the endpoint that a lost response had created."""
    key = ("--idempotency-key", "rotation-7")
    first = operator.run(*APPLY, "--secret-file", "first", *key)
    again = operator.run(*APPLY, "--secret-file", "second", "--new", *key)
    assert (first, len(operator.endpoints())) == (again, 1)
    contents = [(operator.folder / name).read_text() for name in ("first", "second")]
    assert contents[0] == contents[1] != ""


def test_a_secret_that_cannot_be_stored_is_not_lost(operator: Operator) -> None:
    """If the disk is full after the creation, the message has the way to the same secret."""
    settings = {"PAYCLI_STRIPE_API_KEY": "sk_test_8f3b"}
    settings["PAYCLI_STRIPE_API_BASE"] = operator.stripe.url
    command = [*PAYCLI, "endpoint", *APPLY, "--secret-file", "secret"]
    done = subprocess.run(
        ["sh", "-c", 'ulimit -f 0; exec "$@"', "sh", *command],
        cwd=operator.folder,
        env={**settings, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "whsec_" not in done.stdout + done.stderr
    assert [*operator.folder.iterdir()] == []
    options = done.stderr.split("--idempotency-key ")[1].split()
    (again,) = operator.run(
        *APPLY, "--secret-file", "secret", "--new", "--idempotency-key", options[0]
    )
    assert [each["id"] for each in operator.endpoints()] == [again["id"]]
    assert (operator.folder / "secret").read_text().startswith("whsec_")


@pytest.mark.parametrize(
    "url",
    [
        *("https://pay.example.test", f"{URL}/", f"{URL}?a=b", f"{URL}#a", "pay.example.test"),
        *("https:///api/v1/stripe/events", "https://[/api/v1/stripe/events", f"{URL}\n", "ftp://a"),
    ],
)
def test_an_address_that_no_daemon_serves_is_refused(operator: Operator, url: str) -> None:
    """`--url` is the whole address; Stripe is not asked."""
    operator.run("apply", "--url", url, "--secret-file", "secret", code=2)
    assert operator.stripe.requests == []


def test_a_live_key_needs_live(operator: Operator) -> None:
    """Commands that change something need it, and events are not sent in the clear."""
    live = "sk_live_8f3b"
    for arguments in ((*APPLY, "--secret-file", "secret"), ("retire", "we_1")):
        operator.run(*arguments, code=2, key=live)
        assert "--live" in operator.err
    operator.run("apply", "--url", URL.replace("https", "http"), "--live", code=2, key=live)
    assert "https://" in operator.err
