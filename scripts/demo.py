"""Shows a payment going through, step by step, on real parts that run on this machine only.

Each step prints the request or command, and what really came back. `scripts/demo` sets up and runs
this; stripe-mock must be on PATH. However it ends, it stops all that it started; with --keep it
waits for Ctrl-C before that.
"""

import argparse
import contextlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from pathlib import Path
from types import FrameType

TIMEOUT_SECONDS = 20
LOG_TAIL_LINES = 15
PAYMENTS, WEBHOOKS = "/api/v1/payments", "/api/v1/stripe/events"
PAYCLI = [sys.executable, "-m", "paycli"]
TOPIC = "payments.events"


class Failed(Exception):
    """A step did not go as it should."""


class Parts:
    """The programs of one run, in a folder of their own, with invented secrets."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token = secrets.token_urlsafe(24)
        self.environment = {
            "PATH": os.environ["PATH"],
            "PAYCLI_SECRETS_DIR": str(folder),
            "PAYCLI_STRIPE_API_KEY": f"sk_test_{secrets.token_hex(12)}",
            "PAYCLI_STRIPE_WEBHOOK_SECRETS": f"whsec_{secrets.token_hex(16)}",
            "PAYCLI_API_TOKENS": f"booking={self.token}",
            "PAYCLI_LISTEN": "127.0.0.1:0",
            "PAYCLI_LOG_FORMAT": "json",
        }
        self._programs: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: list[str], pattern: str) -> str:
        """Starts a program and waits for a line of its output; returns the pattern's group."""
        with self._log(name).open("wb") as log:
            self._programs[name] = subprocess.Popen(
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # the terminal's Ctrl-C is for us alone
            )
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not (found := re.search(pattern, self._log(name).read_text(errors="replace"))):
            if self._programs[name].poll() is not None or time.monotonic() > deadline:
                tail = self._log(name).read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
                raise Failed("\n".join([f"{name} did not come up:", *tail]))
            time.sleep(0.02)
        return found[1]

    def paycli(self, *arguments: str) -> str:
        """Runs a command of the command line; returns what it printed."""
        done = subprocess.run(
            [*PAYCLI, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(
                f"paycli {' '.join(arguments)} ended with {done.returncode}: {done.stderr}"
            )
        return done.stdout

    def post(self, path: str, headers: Mapping[str, str], body: bytes, expected: int) -> str:
        """Posts to the daemon and shows the answer; returns its `id`, if there is one."""
        address = self.environment["PAYCLI_LISTEN"]
        with contextlib.closing(HTTPConnection(address, timeout=TIMEOUT_SECONDS)) as connection:
            connection.request("POST", path, body, dict(headers))
            response = connection.getresponse()
            answer = json.loads(response.read())
        if answer.get("client_secret"):
            # With it the customer's browser pays: nothing for other eyes.
            answer |= {"client_secret": "…"}
        show(f"HTTP/1.1 {response.status} {response.reason}")
        show(json.dumps(answer, indent=2, ensure_ascii=False))
        if response.status != expected:
            raise Failed(f"the answer should have been {expected}")
        return str(answer.get("id"))

    def stop(self) -> None:
        """Ends all programs, the last one first."""
        for program in reversed(self._programs.values()):
            program.terminate()
            try:
                program.wait(TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()

    def _log(self, name: str) -> Path:
        log = self.folder / f"{name}.log"
        log.touch()
        return log


def play(parts: Parts) -> None:
    """All steps in their order."""
    step("1. A Kafka broker, stripe-mock in Stripe's place, and the daemon come up")
    bring_up(parts)

    step("2. The booking service creates a payment of 20.00 EUR (stripe-mock forgets the rest)")
    body = b'{"amount": 2000, "currency": "eur", "reference": "booking-42"}'
    caller = {"Authorization": f"Bearer {parts.token}", "Content-Type": "application/json"}
    shown = "Authorization: Bearer …\nIdempotency-Key: booking-42\n"
    show(f"POST {PAYMENTS}\n{shown}{body.decode()}\n")
    payment_id = parts.post(PAYMENTS, {**caller, "Idempotency-Key": "booking-42"}, body, 201)

    step("3. A wrong request never reaches Stripe: every wrong field is told at once")
    wrong = b'{"amount": 150050, "currency": "isk", "refrence": "booking-43"}'
    show(f"POST {PAYMENTS}\n{wrong.decode()}\n")
    parts.post(PAYMENTS, {**caller, "Idempotency-Key": "booking-43"}, wrong, 422)

    step("4. Stripe confirms: its signed event is answered once Kafka has persisted the record")
    changes = (f"data.object.id={payment_id}", "data.object.metadata.reference=booking-42")
    arguments = ["webhook", "send", "payment_intent.succeeded"]
    show(f"paycli {' '.join(arguments)} \\\n  --set {changes[0]} \\\n  --set {changes[1]}\n")
    for change in changes:
        arguments += ["--set", change]
    show(parts.paycli(*arguments))

    step("5. A webhook that was altered on the way is refused, and nothing is published")
    event = b'{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {}}}'
    (parts.folder / "event.json").write_bytes(event)
    show("paycli webhook sign event.json, then another id is sent\n")
    signature = parts.paycli("webhook", "sign", "event.json").strip()
    parts.post(WEBHOOKS, {"Stripe-Signature": signature}, event.replace(b"evt_1", b"evt_2"), 400)

    step("6. The booking system reads the record from Kafka")
    show("paycli events tail --from-beginning --exit\n")
    for line in parts.paycli("events", "tail", "--from-beginning", "--exit").splitlines():
        show(json.dumps(json.loads(line), indent=2))


def bring_up(parts: Parts) -> None:
    """Starts the three programs, each on a free port."""
    broker = [sys.executable, "-m", "paycli.sandbox.broker", TOPIC, f"{TOPIC}.unreadable"]
    address = parts.start("broker", broker, r"(127\.0\.0\.1:\d+)\n")
    parts.environment["PAYCLI_KAFKA_BOOTSTRAP_SERVERS"] = address
    stripe_mock = ["stripe-mock", "-http-addr", "127.0.0.1:", "-https-addr", "127.0.0.1:"]
    stripe = parts.start("stripe-mock", stripe_mock, r"Listening for HTTP at address: (\S+)\n")
    parts.environment["PAYCLI_STRIPE_API_BASE"] = f"http://{stripe}"
    started_at = time.monotonic()
    url = parts.start("daemon", [*PAYCLI, "serve"], r'"ready", "url": "http://([^"]+)"')
    seconds = time.monotonic() - started_at
    parts.environment["PAYCLI_LISTEN"] = url
    show(
        f"Kafka on {address}, Stripe on {stripe},\npaycli serve on {url}, ready in {seconds:.1f} s"
    )


def keep_running(parts: Parts) -> None:
    """Waits for Ctrl-C, and says how to go on by hand."""
    file = parts.folder / "environment"
    file.touch(mode=0o600)
    lines = [f"export {k}='{v}'" for k, v in parts.environment.items() if k.startswith("PAYCLI_")]
    file.write_text("\n".join([*lines, f"export TOKEN='{parts.token}'\n"]))
    step("Everything is still running. In another terminal:")
    show(f". {file}\npaycli webhook send payment_intent.payment_failed\npaycli events tail")
    show(
        f"curl http://{parts.environment['PAYCLI_LISTEN']}{PAYMENTS} \\\n"
        '  -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: my-1" \\\n'
        '  --json \'{"amount": 500, "currency": "jpy"}\''
    )
    show("\nCtrl-C ends it.")
    signal.pause()


def step(title: str) -> None:
    """Says what comes next."""
    bold = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    sys.stdout.write(f"\n\033[1m{title}\033[0m\n\n" if bold else f"\n{title}\n\n")
    sys.stdout.flush()


def show(text: str) -> None:
    """Prints what was sent or came back, set in."""
    sys.stdout.write("".join(f"    {line}\n" for line in text.splitlines()))
    sys.stdout.flush()


@contextlib.contextmanager
def parts_for_a_while() -> Iterator[Parts]:
    """The programs of one run, which are gone afterwards, however it ends."""
    with tempfile.TemporaryDirectory(prefix="paycli-demo-") as name:
        parts = Parts(Path(name))
        try:
            yield parts
        finally:
            parts.stop()


def main() -> int:
    """Plays all steps; returns the exit code."""
    parser = argparse.ArgumentParser(description="Shows a payment going through, step by step.")
    parser.add_argument("--keep", action="store_true", help="leave all running until Ctrl-C")
    keep = parser.parse_args().keep
    if not shutil.which("stripe-mock"):
        parser.error("stripe-mock is not on PATH; scripts/demo puts it there")

    def end(number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    try:
        with parts_for_a_while() as parts:
            play(parts)
            if keep:
                keep_running(parts)
    except Failed as error:
        sys.stderr.write(f"\ndemo: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 0 if keep else 130
    step("Everything is stopped and removed.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
