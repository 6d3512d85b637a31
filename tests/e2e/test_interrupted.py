"""Ctrl-C, and readers that go away: a command ends soon, says so by its exit code, cuts no line."""

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
"""What a pipe holds when nobody reads: https://man7.org/linux/man-pages/man7/pipe.7.html"""


@pytest.fixture(scope="module")
def settings(kafka: KafkaBroker) -> Iterator[dict[str, str]]:
    """Give settings with a Stripe that takes requests and never answers, and a full topic."""
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
    """Start a command in pipes, of which nothing is read ahead."""
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
def test_what_waits_for_stripe_ends_at_once(
    tmp_path: Path, settings: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """While Stripe hangs, with a minute left, Ctrl-C ends it with 130 and without a traceback."""
    with Stripe() as stripe:
        stripe.inject(always(hang()))
        own = {**settings, "PAYCLI_STRIPE_API_BASE": stripe.url}
        command = Process([*PAYCLI, *arguments], name="c", directory=tmp_path, environment=own)
        wait_until(lambda: bool(stripe.requests), 15, "it asks Stripe")
        command.signal(signal.SIGINT)
        assert command.wait(10) == 130
    assert command.stdout_text() + command.stderr_text() == ""


def test_lines_in_a_full_pipe_stay_whole(settings: dict[str, str]) -> None:
    """Interrupted while its reader is slow, an export has written whole lines; it ends with 130."""
    with start(settings, "events", "export") as command:
        assert command.stdout is not None
        first = command.stdout.read(PIPE_BYTES)
        command.send_signal(signal.SIGINT)
        rest, said = command.communicate(timeout=20)
    assert command.returncode == 130
    lines = (first + rest).decode().splitlines(keepends=True)
    assert len(lines) < RECORDS
    assert all(line.endswith("\n") and json.loads(line)["key"] == "pi" for line in lines)
    assert b"Traceback" not in said


def test_a_file_that_is_not_whole_is_not_there(tmp_path: Path, settings: dict[str, str]) -> None:
    """An export to a file that is interrupted leaves neither the file nor a part of it."""
    file = tmp_path / "out.jsonl"
    part = tmp_path / "out.jsonl.part"
    command = Process(
        [*PAYCLI, "events", "export", "--file", str(file)],
        name="export",
        directory=tmp_path,
        environment=settings,
    )
    wait_until(part.exists, 15, "it writes")
    command.signal(signal.SIGINT)
    assert command.wait(10) in (130, 0)
    assert not part.exists()
    assert file.exists() == (command.exit_code() == 0)


def test_a_replay_says_how_far_it_came(tmp_path: Path, settings: dict[str, str]) -> None:
    """Interrupted, it says how many records are confirmed as published, and ends with 130."""
    topic = settings["PAYCLI_KAFKA_TOPIC"]
    arguments = ("--from-topic", topic, "--topic", f"{topic}.unreadable", "--rate", "200")
    resume = tmp_path / "resume"
    command = Process(
        [*PAYCLI, "events", "replay", *arguments, "--resume", str(resume)],
        name="replay",
        directory=tmp_path,
        environment=settings,
    )
    wait_until(resume.exists, 20, "it publishes")
    command.signal(signal.SIGINT)
    assert command.wait(20) == 130
    assert "records are confirmed as published" in command.stderr_text()
    assert "Traceback" not in command.stderr_text()


def test_sending_says_how_far_it_came(tmp_path: Path, service: Service) -> None:
    """Interrupted, it says how many events were sent, and ends with 130."""
    settings = daemon_settings(service.stripe.url, service.bootstrap_servers, service.topic)
    command = Process(
        [*PAYCLI, "webhook", "send", "charge.expired", "--count", "1000", "--rate", "50"],
        name="send",
        directory=tmp_path,
        environment={**settings, "PAYCLI_LISTEN": f"127.0.0.1:{service.daemon.port}"},
    )
    wait_until(lambda: bool(service.records()), 20, "the first is published")
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
def test_a_reader_that_goes_away_is_no_traceback(
    settings: dict[str, str], arguments: tuple[str, ...]
) -> None:
    """`| head -1` gets its line; the command ends too, and has nothing to say about it."""
    with start(settings, *arguments) as command:
        assert command.stdout is not None
        assert command.stderr is not None
        assert command.stdout.readline().endswith(b"\n")
        command.stdout.close()
        said = command.stderr.read().decode()
        assert command.wait(20) in (0, 1)
    assert said.startswith("following") or said == ""


def test_a_question_can_be_left(tmp_path: Path) -> None:
    """Ctrl-C at a question of `init` writes nothing, says so, and ends with 130."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*PAYCLI, "init"], cwd=tmp_path, env={}, stdin=theirs, stdout=theirs, stderr=theirs
    ) as command:
        os.close(theirs)
        seen = ""
        while not seen.endswith(": "):
            seen += os.read(ours, 10_000).decode()
        command.send_signal(signal.SIGINT)
        while "no file written" not in seen:
            seen += os.read(ours, 10_000).decode()
        assert command.wait(10) == 130
    os.close(ours)
    assert "Traceback" not in seen
    assert not (tmp_path / ".env").exists()


def test_ctrl_c_while_it_loads_is_no_traceback(settings: dict[str, str]) -> None:
    """Interrupted while its modules are imported, it ends with 130 and says nothing."""
    program = """
import os, runpy, signal, sys

class Watch:
    def find_spec(name, path=None, target=None):
        if name == "typer":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Watch)
runpy.run_module("paycli", run_name="__main__")
"""
    done = subprocess.run(
        [PAYCLI[0], "-c", program], env=settings, capture_output=True, timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")
