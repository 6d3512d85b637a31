"""Ctrl-C and closed pipes: a command exits soon, with its exit code, and cuts off no line."""

import json
import os
import pty
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from harness.command_line import PAYCLI
from harness.kafka_broker import KafkaBroker
from harness.polling import wait_until
from harness.ports import free_port
from harness.processes import Process
from harness.stripe import Stripe, always, hang
from service import Service, daemon_settings

RECORDS = 20_000
PIPE_BYTES = 65_536
"""The capacity of a pipe: https://man7.org/linux/man-pages/man7/pipe.7.html"""


@pytest.fixture(scope="module")
def settings(kafka: KafkaBroker) -> Iterator[dict[str, str]]:
    """Provide settings with a Stripe that never responds, and a topic with many records."""
    topic = f"payments.interrupted.{free_port()}"
    for name in (topic, f"{topic}.unreadable"):
        kafka.create_topic(name)
    producer = Producer({"bootstrap.servers": kafka.bootstrap_servers, "linger.ms": 20})
    for number in range(RECORDS):
        event_id = f"evt_{number}".encode()
        producer.produce(topic, b'{"amount": 1}', b"pi", headers={"ce_id": event_id})
        producer.poll(0)
    assert producer.flush(30) == 0
    with Stripe() as stripe:
        stripe.inject(always(hang()))
        usual = daemon_settings(stripe.url, kafka.bootstrap_servers, topic)
        yield {**usual, "PAYCLI_STRIPE_TIMEOUT_SECONDS": "60"}


def start(settings: dict[str, str], *arguments: str) -> subprocess.Popen[bytes]:
    """Start a command with unbuffered pipes."""
    return subprocess.Popen(
        [*PAYCLI, *arguments],
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("events", "backfill", "--since", "1h"),
        ("payment", "timeline", "pi_1"),
        ("intent", "get", "pi_1"),
        ("doctor",),
    ],
)
def test_a_command_that_waits_for_stripe_can_be_interrupted(
    tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """While Stripe hangs, Ctrl-C makes it exit with 130 and without a traceback."""
    with Stripe() as stripe:
        stripe.inject(always(hang()))
        own = {**settings, "PAYCLI_STRIPE_API_BASE": stripe.url}
        command = Process([*PAYCLI, *arguments], name="c", directory=tmp_path, environment=own)
        wait_until(lambda: bool(stripe.requests), 15, "Stripe has a request")
        command.signal(signal.SIGINT)
        assert command.wait(10) == 130
    assert command.stdout_text() + command.stderr_text() == ""


def test_an_interrupted_export_cuts_off_no_line(settings: dict[str, str]) -> None:
    """Interrupted while the pipe is full, it has written complete lines; it exits with 130."""
    with start(settings, "events", "export") as command:
        assert command.stdout is not None
        first = command.stdout.read(PIPE_BYTES)
        command.send_signal(signal.SIGINT)
        rest, messages = command.communicate(timeout=20)
    assert command.returncode == 130
    lines = (first + rest).decode().splitlines(keepends=True)
    assert len(lines) < RECORDS
    assert all(line.endswith("\n") and json.loads(line)["key"] == "pi" for line in lines)
    assert b"Traceback" not in messages


def test_an_interrupted_export_leaves_no_file(tmp_path: Path, settings: dict[str, str]) -> None:
    """Neither the file nor its temporary part remains."""
    file = tmp_path / "out.jsonl"
    part = tmp_path / "out.jsonl.part"
    command = Process(
        [*PAYCLI, "events", "export", "--file", str(file)],
        name="export",
        directory=tmp_path,
        environment=settings,
    )
    wait_until(part.exists, 15, "the file is being written")
    command.signal(signal.SIGINT)
    assert command.wait(10) in (130, 0)
    assert not part.exists()
    assert file.exists() == (command.exit_code() == 0)


def test_an_interrupted_replay_reports_its_progress(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """It prints the number of records that are confirmed as published, and exits with 130."""
    topic = settings["PAYCLI_KAFKA_TOPIC"]
    arguments = ("--from-topic", topic, "--topic", f"{topic}.unreadable", "--rate", "200")
    resume = tmp_path / "resume"
    command = Process(
        [*PAYCLI, "events", "replay", *arguments, "--resume", str(resume)],
        name="replay",
        directory=tmp_path,
        environment=settings,
    )
    wait_until(resume.exists, 20, "records are published")
    command.signal(signal.SIGINT)
    assert command.wait(20) == 130
    assert "records are confirmed as published" in command.stderr_text()
    assert "Traceback" not in command.stderr_text()


def test_an_interrupted_send_reports_its_progress(tmp_path: Path, service: Service) -> None:
    """It prints the number of sent events, and exits with 130."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    command = Process(
        [*PAYCLI, "webhook", "send", "charge.expired", "--count", "1000", "--rate", "50"],
        name="send",
        directory=tmp_path,
        environment={**settings, "PAYCLI_LISTEN": f"127.0.0.1:{service.daemon.port}"},
    )
    wait_until(lambda: bool(service.records()), 20, "the first event is published")
    command.signal(signal.SIGINT)
    assert command.wait(20) == 130
    assert "of 1000 events were sent" in command.stderr_text()
    assert command.stdout_text() == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("events", "list", "--limit", str(RECORDS)),
        ("events", "list", "--limit", str(RECORDS), "-o", "ndjson"),
        ("events", "tail", "--from-beginning"),
        ("events", "export"),
        ("config", "show"),
        ("asyncapi",),
        ("events", "replay", "--help"),
    ],
)
def test_a_closed_pipe_causes_no_traceback(
    settings: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """As with `| head -1`: the command exits without a message."""
    with start(settings, *arguments) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.readline().endswith(b"\n")
        command.stdout.close()
        messages = command.stderr.read().decode()
        assert command.wait(20) in (0, 1)
    assert messages.startswith("following") or messages == ""


def test_a_prompt_can_be_interrupted(tmp_path: Path) -> None:
    """Ctrl-C at a prompt of `init` writes no file, prints a message, and exits with 130."""
    terminal, child = pty.openpty()
    with subprocess.Popen(
        [*PAYCLI, "init"], cwd=tmp_path, env={}, stdin=child, stdout=child, stderr=child
    ) as command:
        os.close(child)
        screen = ""
        while not screen.endswith(": "):
            screen += os.read(terminal, 10_000).decode()
        command.send_signal(signal.SIGINT)
        while "no file written" not in screen:
            screen += os.read(terminal, 10_000).decode()
        assert command.wait(10) == 130
    os.close(terminal)
    assert "Traceback" not in screen
    assert not (tmp_path / ".env").exists()


def test_ctrl_c_during_imports_causes_no_traceback(settings: dict[str, str]) -> None:
    """Interrupted during its imports, the command exits with 130 and without a message."""
    program = """
import os, runpy, signal, sys

class InterruptingFinder:
    def find_spec(name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, InterruptingFinder)
runpy.run_module("paycli", run_name="__main__")
"""
    done = subprocess.run(
        [PAYCLI[0], "-c", program], env=settings, capture_output=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
