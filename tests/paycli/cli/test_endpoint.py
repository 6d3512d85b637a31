"""`paycli endpoint`: what exists at Stripe becomes what the daemon needs; secrets stay in files."""

import json
import os
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.command_line import PAYCLI, run
from harness.polling import wait_until
from harness.stripe import Stripe, drip_headers, respond
from harness.stripe_schema import Json
from harness.tools import stripe_openapi
from paycli.events.catalogue import CATALOGUE
from paycli.sandbox.standin import WebhookTarget

URL = "https://pay.example.test/api/v1/stripe/events"
VERSION = "2026-10-28.endive"
OTHER_VERSION = "2025-03-31.basil"
APPLY = ("apply", "--url", URL)
TYPES = sorted(CATALOGUE)


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
        *(URL.replace("pay", f"{user}@pay", 1) for user in ("u", "u:pw", "u%3Apw", ":", "")),
        *(URL.replace(".test", f".test:{port}") for port in ("0", "65536", "99999", "", "x", "-1")),
        *(
            URL.replace("/api", path)
            for path in ("//api", "/x//api", "/xapi", "/../api", "/a%2Fapi")
        ),
        *(URL.replace("stripe/", "stripe%2F"), URL.replace("/v1", "/\\v1"), URL.upper(), f"{URL}?"),
        *(URL.replace("https", "ht\ttps"), URL.replace("pay", "p\\ay"), f" {URL}", URL + "é"),
    ],
)
def test_an_address_that_no_daemon_serves_is_refused(operator: Operator, url: str) -> None:
    """`--url` is the whole address; Stripe is not asked."""
    operator.run("apply", "--url", url, "--secret-file", "secret", code=2)
    assert ("#/url: must " in operator.err, "pw" in operator.err) == (True, False)
    assert operator.stripe.requests == []


@pytest.mark.parametrize(
    ("url", "stored"),
    [
        ("HTTPS" + URL.removeprefix("https"), URL),
        (URL.replace("/api", "/shop-1/paycli/api"), URL.replace("/api", "/shop-1/paycli/api")),
        *([f"https://{host}/api/v1/stripe/events"] * 2 for host in ("[::1]:65535", "a_b:1", "x")),
    ],
)
def test_an_address_behind_a_proxy_is_one_of_ours(
    operator: Operator, url: str, stored: str
) -> None:
    """A prefix, a port and a scheme in capitals are accepted, and `list` has their types."""
    operator.run("apply", "--url", url, "--secret-file", "secret")
    assert operator.run("apply", "--url", url)[0]["action"] == "none"
    (listed,) = operator.run("list")
    assert (listed["url"], listed["missing"], listed["superfluous"]) == (stored, [], [])


def test_a_look_alike_is_not_ours(operator: Operator) -> None:
    """The control: an address that only ends with the same letters has no types to compare."""
    for path in ("/xapi/v1/stripe/events", "/api/v1/stripe/events/x"):
        url = f"https://pay.example.test{path}"
        operator.stripe.add_webhook_target(WebhookTarget(url, ("whsec_x",), ("*",), VERSION))
    assert [row["missing"] for row in operator.run("list")] == [None, None]
    operator.run("retire", operator.endpoints()[0]["id"], code=1)
    assert ("--force" in operator.err, "paycli endpoint apply" in operator.err) == (True, False)


def test_a_password_at_stripe_is_not_shown(operator: Operator) -> None:
    """An endpoint with credentials in its URL is listed with `***`, and never changed by apply."""
    secret = URL.replace("pay", "guest:pa55@pay", 1)
    operator.stripe.add_webhook_target(
        WebhookTarget(secret, ("whsec_x",), ("charge.expired",), VERSION)
    )
    (old,) = operator.endpoints()
    (listed,) = operator.run("list")
    assert listed["url"] == URL.replace("pay", "***@pay", 1)
    operator.run("retire", old["id"], code=1)
    assert f"apply --url {URL} --secret-file FILE" in operator.err
    assert ("***@" in operator.err, "pa55" in operator.err) == (True, False)
    (created,) = operator.run(*APPLY, "--secret-file", "secret")
    assert (created["action"], created["url"]) == ("create", URL)
    assert operator.endpoints()[0]["url"] == secret
    retired = operator.run("retire", old["id"])
    assert (retired["status"], "pa55" in json.dumps(retired)) == ("disabled", False)


@pytest.mark.parametrize(
    ("others", "lost", "repair"),
    [
        ([(VERSION, ["payment_intent.created"])], 38, f"apply --url {URL} first"),
        ([(OTHER_VERSION, ["charge.expired"])], 38, "--new --secret-file FILE first"),
        ([(VERSION, ["*"])], 0, ""),
        ([(VERSION, TYPES[:20]), (OTHER_VERSION, TYPES[20:])], 0, ""),
        ([(VERSION, TYPES[:20]), (VERSION, TYPES[21:])], 1, TYPES[20]),
        ([], len(TYPES), f"apply --url {URL} --new --secret-file FILE first"),
    ],
)
def test_an_endpoint_is_retired_only_if_the_others_send_all_its_types(
    operator: Operator, others: list[tuple[str, list[str]]], lost: int, repair: str
) -> None:
    """Otherwise nothing is changed; the message has the lost types and the command to run first."""
    (created,) = operator.run(*APPLY, "--secret-file", "secret")
    for version, types in others:
        target = WebhookTarget(URL, ("whsec_x",), tuple(types), version)
        operator.stripe.add_webhook_target(target)
    before = operator.writes()
    retired = operator.run("retire", created["id"], code=bool(lost))
    assert repair in operator.err
    if lost:
        assert (retired, operator.writes()) == (None, before)
        assert f"do not send {lost} of" in operator.err or not others
        first = sorted({*TYPES}.difference(*(types for _, types in others)))[:3]
        assert ", ".join(first) in operator.err or not others
    else:
        assert retired["status"] == "disabled"


def test_the_command_of_a_refusal_repairs(operator: Operator) -> None:
    """After `apply` the endpoint with one type sends all, and replaces the other one."""
    few = WebhookTarget(URL, ("whsec_x",), ("payment_intent.created",), VERSION)
    operator.stripe.add_webhook_target(few)
    (created,) = operator.run(*APPLY, "--new", "--secret-file", "secret")
    operator.run("retire", created["id"], code=1)
    operator.run(*APPLY)
    assert operator.run("retire", created["id"])["status"] == "disabled"
    assert set(operator.endpoints()[0]["enabled_events"]) == CATALOGUE.keys()


@pytest.mark.parametrize("name", ["-", ""])
def test_a_secret_needs_the_name_of_a_file(operator: Operator, name: str) -> None:
    """Neither standard output nor an empty name is one, and nothing is created."""
    operator.run(*APPLY, "--secret-file", name, code=2)
    assert "name a file" in operator.err
    assert (operator.stripe.requests, [*operator.folder.iterdir()]) == ([], [])


def test_a_killed_creation_is_recovered(operator: Operator) -> None:
    """The repeated command reports the lost secret; with --new and the key it is fetched."""
    operator.stripe.inject(replace(drip_headers(), method="POST"))
    settings = {"PAYCLI_STRIPE_API_KEY": "sk_test_8f3b"}
    settings["PAYCLI_STRIPE_API_BASE"] = operator.stripe.url
    file, key = ("--secret-file", "secret"), ("--idempotency-key", "rotation-7")
    with subprocess.Popen(
        [*PAYCLI, "endpoint", *APPLY, *file, *key],
        cwd=operator.folder,
        env={**settings, "PATH": os.environ["PATH"]},
    ) as process:
        wait_until(lambda: bool(operator.endpoints()), 20, "the creation at Stripe")
        process.kill()
    left = {each.name: each.stat().st_size for each in operator.folder.iterdir()}
    assert left == {"secret": 0, "secret.part": 0}
    (created,) = operator.endpoints()
    assert operator.run(*APPLY, *file, code=1) is None
    for word in ("secret is empty", "--new", "--idempotency-key", created["id"]):
        assert word in operator.err
    (again,) = operator.run(*APPLY, *file, "--new", *key)
    assert [each["id"] for each in operator.endpoints()] == [again["id"]] == [created["id"]]
    assert [each.name for each in operator.folder.iterdir()] == ["secret"]
    secret = operator.folder / "secret"
    assert secret.read_text().startswith("whsec_")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_live_key_needs_live(operator: Operator) -> None:
    """Commands that change something need it, and events are not sent in the clear."""
    live = "sk_live_8f3b"
    for arguments in ((*APPLY, "--secret-file", "secret"), ("retire", "we_1")):
        operator.run(*arguments, code=2, key=live)
        assert "--live" in operator.err
    operator.run("apply", "--url", URL.replace("https", "http"), "--live", code=2, key=live)
    assert "https://" in operator.err
