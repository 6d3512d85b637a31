"""`GET /docs` and `paycli docs` return the same page, under a policy that allows no script."""

import base64
import hashlib
from pathlib import Path

import falcon.testing
import pytest

from harness.command_line import run
from harness.in_process import StripeBackend, services_over
from harness.reference_page import ReferencePage
from server.app import create_app
from server.metrics import Metrics


def client(*, internal: bool = True) -> falcon.testing.TestClient:
    """Returns a client of an application that publishes to the topics t and u."""
    services = services_over(StripeBackend("http://127.0.0.1:1"))
    recorder = Metrics(1, {}).recorder(0)
    app = create_app(services, recorder=recorder, max_body_bytes=1024, internal=internal)
    return falcon.testing.TestClient(app)


def test_the_page_needs_no_token_and_is_only_internal() -> None:
    """`/docs` is 200 without a token, 404 on the public listener, and 401 or 422 otherwise."""
    assert client().simulate_get("/docs").status_code == 200
    assert client(internal=False).simulate_get("/docs").status_code == 404
    assert client().simulate_get("/docs/").status_code == 401
    assert client().simulate_get("/docs", query_string="q=refund").status_code == 422


def test_the_policy_allows_only_the_style_of_the_page() -> None:
    """The header and the page itself have the hash of its style, and allow nothing else."""
    response = client().simulate_get("/docs")
    page = ReferencePage(response.text)
    digest = base64.b64encode(hashlib.sha256(page.style.encode()).digest()).decode()
    policy = {
        *("default-src 'none'", f"style-src 'sha256-{digest}'", "img-src data:"),
        *("base-uri 'none'", "form-action 'none'"),
    }
    sent = set(response.headers["content-security-policy"].split("; "))
    assert sent == policy | {"frame-ancestors 'none'"}
    [own] = [
        attributes["content"]
        for tag, attributes in page.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert set(own.split("; ")) == policy
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_the_page_names_the_topics_of_the_settings(tmp_path: Path) -> None:
    """The daemon's page has its topics; the command writes the same for the same setting."""
    served = client().simulate_get("/docs")
    assert "Topic t " in ReferencePage(served.text).articles["event-PaymentSucceededEvent"].words
    written = run(tmp_path, ["docs", "--file", "-"], {"PAYCLI_KAFKA_TOPIC": "t"})
    assert (written.returncode, written.stderr) == (0, "")
    assert written.stdout == served.text.replace("<code>u</code>", "<code>t.unreadable</code>")
    invalid = run(tmp_path, ["docs", "--file", "-"], {"PAYCLI_KAFKA_TOPIC": "not a topic"})
    assert (invalid.returncode, invalid.stdout) == (3, "")
    assert "PAYCLI_KAFKA_TOPIC" in invalid.stderr


@pytest.fixture
def browser_command(tmp_path: Path) -> Path:
    """A program that plays the browser: it writes the address that it should open to a file."""
    program = tmp_path / "browser"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" >{tmp_path}/opened\n')
    program.chmod(0o755)
    return program


def test_the_command_opens_the_page_in_the_browser(tmp_path: Path, browser_command: Path) -> None:
    """Without a file it is in the cache directory, and written again each time."""
    settings = {"HOME": str(tmp_path), "BROWSER": f"{browser_command} %s"}
    file = tmp_path / ".cache/paycli/docs.html"
    for _ in range(2):
        done = run(tmp_path, ["docs"], settings)
        assert (done.returncode, done.stdout, done.stderr) == (0, f"{file}\n", "")
        assert (tmp_path / "opened").read_text() == f"file://{file}"
        assert file.read_text("utf-8").startswith("<!DOCTYPE html>")
    cache = {**settings, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    assert run(tmp_path, ["docs"], cache).stdout == f"{tmp_path}/cache/paycli/docs.html\n"


def test_without_a_browser_the_command_prints_the_address(tmp_path: Path) -> None:
    """It is no failure; with --no-browser only the path is printed, and none is opened."""
    file = tmp_path / "my docs.html"
    without = run(tmp_path, ["docs", "--file", "my docs.html"], {})
    assert (without.returncode, without.stdout) == (0, f"{file}\n")
    assert without.stderr == f"no browser found: open file://{tmp_path}/my%20docs.html\n"
    told = run(tmp_path, ["docs", "--file", "my docs.html", "--no-browser"], {})
    assert (told.returncode, told.stdout, told.stderr) == (0, f"{file}\n", "")


def test_a_file_that_cannot_be_written_is_wrong_usage(tmp_path: Path) -> None:
    """The message names the file and the option; nothing is opened."""
    failed = run(tmp_path, ["docs", "--file", "missing/docs.html"], {"COLUMNS": "200"})
    assert (failed.returncode, failed.stdout) == (2, "")
    assert "missing/docs.html can't be written: No such file or directory" in failed.stderr
    assert "--file" in failed.stderr
