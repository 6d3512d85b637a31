"""Shows payments with `paycli serve --sandbox`, step by step.

Each step prints the request or command and its actual response or output. The daemon and its
sandbox end with the demo, however it ends.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlencode, urlsplit

TIMEOUT_SECONDS = 20
LOG_TAIL_LINES = 15
PAYMENTS, WEBHOOKS = "/api/v1/payments", "/api/v1/stripe/events"
CUSTOMERS, SETUPS = "/api/v1/customers", "/api/v1/setups"
INTENTS, SETUP_INTENTS = "/v1/payment_intents", "/v1/setup_intents"
PAYCLI = [sys.executable, "-m", "paycli"]
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class StepFailed(Exception):
    """A step did not have the expected result."""


class Demo:
    """A running daemon with a sandbox, and what its caller and a customer do."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "PAYCLI_SECRETS_DIR": str(folder),
            "PAYCLI_LISTEN": "127.0.0.1:0",
            "PAYCLI_LOG_FORMAT": "json",
        }
        with (folder / "log").open("wb") as log:
            self.daemon = subprocess.Popen(
                [*PAYCLI, "serve", "--sandbox"],
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C reaches only this process, which stops the daemon
            )
        self.sandbox = self._wait_ready()
        self.environment |= {
            "PAYCLI_KAFKA_BOOTSTRAP_SERVERS": self.sandbox["kafka_bootstrap_servers"],
            "PAYCLI_STRIPE_WEBHOOK_SECRETS": self.sandbox["webhook_secret"],
        }

    def _wait_ready(self) -> dict[str, Any]:
        assert self.daemon.stdout is not None
        line = self.daemon.stdout.readline()
        if not line:
            log = (self.folder / "log").read_text(errors="replace")
            raise StepFailed(
                "\n".join(["the daemon did not start:", *log.splitlines()[-LOG_TAIL_LINES:]])
            )
        ready: dict[str, Any] = json.loads(line)
        return ready

    def create(
        self, path: str, key: str, body: Mapping[str, object], expected: int
    ) -> dict[str, Any]:
        """Creates a payment, customer or setup as the booking service does; shows the response."""
        show(f"\nPOST {path}\nAuthorization: Bearer …\nIdempotency-Key: {key}")
        show(json.dumps(body) + "\n")
        token = {"Authorization": f"Bearer {self.sandbox['api_token']}", "Idempotency-Key": key}
        return self.post(self.sandbox["url"] + path, JSON | token, json.dumps(body), expected)

    def confirm(
        self, intents: str, intent: Mapping[str, Any], card: str, expected: int
    ) -> dict[str, Any]:
        """Confirms with a test card, as Stripe's form in the customer's browser does."""
        path = f"{intents}/{intent['id']}/confirm"
        show(f"\nPOST {path} to Stripe, from the customer's browser, with {card}\n")
        form = urlencode({"client_secret": intent["client_secret"], "payment_method": card})
        browser = FORM | {"Authorization": "Bearer pk_test_demo"}
        return self.post(self.sandbox["stripe_url"] + path, browser, form, expected, brief=True)

    def post(
        self, url: str, headers: Mapping[str, str], body: str, expected: int, *, brief: bool = False
    ) -> dict[str, Any]:
        """Posts and shows the response; `brief` shows only the main fields of Stripe's objects."""
        parts = urlsplit(url)
        connection = HTTPConnection(parts.netloc, timeout=TIMEOUT_SECONDS)
        with contextlib.closing(connection):
            connection.request("POST", parts.path, body, dict(headers))
            response = connection.getresponse()
            result: dict[str, Any] = json.loads(response.read())
        show(f"HTTP/1.1 {response.status} {response.reason}")
        fields = result.get("error", result) if brief else result
        names = ("id", "status", "code", "decline_code", "message") if brief else tuple(fields)
        # The client_secret authorizes the customer's browser, so it is not printed.
        shown = {
            name: "…" if name == "client_secret" else fields[name]
            for name in names
            if fields.get(name) is not None
        }
        show(json.dumps(shown, indent=2, ensure_ascii=False))
        if response.status != expected:
            raise StepFailed(f"expected the status {expected}")
        return result

    def paycli(self, *arguments: str) -> str:
        """Runs a paycli command; returns its output."""
        done = subprocess.run(
            [*PAYCLI, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StepFailed(
                f"paycli {' '.join(arguments)} exited with {done.returncode}: {done.stderr}"
            )
        return done.stdout

    def wait_for_event(self, name: str, payment_id: str) -> list[dict[str, Any]]:
        """Waits for an event of a payment on the topic; returns all of the payment's records."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        command = ("events", "tail", "--from-beginning", "--exit", "--payment", payment_id)
        while time.monotonic() < deadline:
            records = [json.loads(line) for line in self.paycli(*command).splitlines()]
            if any(record["type"] == name for record in records):
                return records
        raise StepFailed(f"{name} was not published to the topic")

    def stop(self) -> None:
        """Stops the daemon, and its sandbox with it."""
        self.daemon.terminate()
        try:
            self.daemon.wait(TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        assert self.daemon.stdout is not None
        self.daemon.stdout.close()


def run_steps(demo: Demo, seconds: float) -> str:
    """Runs all steps; returns the URL of the payment page."""
    sandbox = demo.sandbox
    step("1. The daemon starts with a sandbox: a stand-in for Stripe and a Kafka broker")
    show(f"\npaycli serve --sandbox\n\nready at {sandbox['url']} in {seconds:.1f} s")
    show(f"Stripe is at {sandbox['stripe_url']}, Kafka at {sandbox['kafka_bootstrap_servers']}")

    step("2. The booking service creates a payment of 20.00 EUR")
    booking = {"amount": 2000, "currency": "eur", "reference": "booking-42"}
    payment = demo.create(PAYMENTS, "booking-42", booking, 201)

    step("3. An invalid request is not sent to Stripe; all invalid fields are reported together")
    demo.create(
        PAYMENTS, "booking-43", {"amount": 150050, "currency": "isk", "refrence": "booking-43"}, 422
    )

    step("4. The customer's first card is declined, the second one succeeds")
    demo.confirm(INTENTS, payment, "pm_card_chargeDeclinedInsufficientFunds", 402)
    demo.confirm(INTENTS, payment, "pm_card_visa", 200)

    step("5. Stripe sends signed webhooks; each gets 200 after Kafka has acknowledged its record")
    command = f"paycli events tail --from-beginning --exit --payment {payment['id']}"
    records = demo.wait_for_event("PaymentSucceededEvent", payment["id"])
    show(f"\n{command}\n")
    for record in records:
        show(f"{record['time']}  {record['type']:22}  {record['data']['status']}")
    show("\nThe complete record of the successful payment:\n")
    paid = next(record for record in records if record["type"] == "PaymentSucceededEvent")
    show(json.dumps(paid, indent=2))

    step("6. A webhook with an invalid signature is refused, and nothing is published")
    event = '{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {}}}'
    (demo.folder / "event.json").write_text(event)
    show("\npaycli webhook sign event.json, then the event is sent with another id\n")
    signature = {"Stripe-Signature": demo.paycli("webhook", "sign", "event.json").strip()}
    demo.post(sandbox["url"] + WEBHOOKS, signature, event.replace("evt_1", "evt_2"), 400)

    step("7. A guest saves a card, does not come, and is charged without being there")
    guest = demo.create(CUSTOMERS, "guest-7", {"reference": "guest-7"}, 201)
    setup = demo.create(SETUPS, "guest-7-card", {"customer": guest["id"]}, 201)
    card = demo.confirm(SETUP_INTENTS, setup, "pm_card_visa", 200)["payment_method"]
    saved = {"customer": guest["id"], "payment_method": card, "off_session": True}
    no_show = {**booking, "amount": 8000, "reference": "booking-45", **saved}
    charged = demo.create(PAYMENTS, "booking-45-no-show", no_show, 201)
    demo.wait_for_event("PaymentSucceededEvent", charged["id"])

    step("8. With checkout, the customer pays on a page")
    page = {"flow": "checkout", "success_url": f"{sandbox['url']}/healthz"}
    checkout = demo.create(
        PAYMENTS, "booking-44", {**booking, "reference": "booking-44", **page}, 201
    )
    return str(checkout["payment_url"])


def keep_running(demo: Demo) -> None:
    """Prints how to use the running sandbox, and waits for Ctrl-C."""
    file = demo.folder / "environment"
    file.touch(mode=0o600)
    settings = {
        **demo.environment,
        "PAYCLI_LISTEN": urlsplit(demo.sandbox["url"]).netloc,
        "PAYCLI_STRIPE_API_BASE": demo.sandbox["stripe_url"],
        "PAYCLI_STRIPE_API_KEY": "sk_test_demo",
    }
    lines = [
        f"export {name}='{value}'" for name, value in settings.items() if name.startswith("PAYCLI_")
    ]
    file.write_text("\n".join([*lines, ""]))
    show(f"\nTo follow its events, run in another terminal, in this directory:\n\n. {file}")
    show(".venv/bin/paycli events tail\n\nPress Ctrl-C to stop.")
    signal.pause()


def step(title: str) -> None:
    """Prints the title of the next step."""
    bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    sys.stdout.write(f"\n\033[1m{title}\033[0m\n" if bold else f"\n{title}\n")
    sys.stdout.flush()


def show(text: str) -> None:
    """Prints an indented request, response or output."""
    sys.stdout.write("".join(f"    {line}\n" if line else "\n" for line in text.split("\n")))
    sys.stdout.flush()


@contextlib.contextmanager
def running() -> Iterator[Demo]:
    """A running demo; afterwards all its processes and files are gone, however it ends."""
    with tempfile.TemporaryDirectory(prefix="paycli-demo-") as name:
        demo = Demo(Path(name))
        try:
            yield demo
        finally:
            demo.stop()


def main() -> int:
    """Runs the demo; returns the exit code."""
    parser = argparse.ArgumentParser(description="Shows payments with a sandbox, step by step.")
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the sandbox running until Ctrl-C, also without a terminal",
    )
    keep = parser.parse_args().keep or (sys.stdin.isatty() and sys.stdout.isatty())

    def exit_on_signal(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, exit_on_signal)
    started_at = time.monotonic()
    try:
        with running() as demo:
            page = run_steps(demo, time.monotonic() - started_at)
            step("The payment page:")
            show(f"\n{page}")
            if keep:
                keep_running(demo)
    except StepFailed as error:
        sys.stderr.write(f"\ndemo: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0 if keep else 130
    step("Everything is stopped and removed. Use --keep to keep the sandbox running.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
