"""The running daemon answers as its document says, whatever is thrown at it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from service import PAYMENTS, TOKEN, Service

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)
Done = subprocess.CompletedProcess[str]


def schemathesis(service: Service, document: Path, *arguments: str) -> Done:
    """Throw good and bad requests of a document at the daemon, the same each time."""
    return subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", document),
            *("--url", service.daemon.url),
            *("--header", f"Authorization: Bearer {TOKEN}"),
            *("--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", "40", "--generation-deterministic", "--no-color"),
            *arguments,
        ],
        cwd=document.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def document(service: Service, tmp_path: Path) -> Path:
    """Give a file with the document as the daemon serves it."""
    path = tmp_path / "openapi.json"
    path.write_bytes(service.daemon.request("GET", "/openapi.json").body)
    return path


def test_no_500_and_no_answer_outside_the_document(service: Service, document: Path) -> None:
    """Generated requests, good and bad, of every operation get only answers that are documented.

    Created payments and refunds are gone on with, so not all ends at 404.
    """
    before = len(service.stripe.requests)
    done = schemathesis(service, document)
    assert done.returncode == 0, done.stdout + done.stderr
    asked = {
        (r.method, r.path.split("/")[2], r.path.split("/")[-1])
        for r in service.stripe.requests[before:]
    }
    assert len(asked) > 5


def without_an_answer(document: Any) -> None:  # noqa: ANN401  (JSON)
    """Leave out that a payment may be unknown."""
    del document["paths"][f"{PAYMENTS}/{{payment_id}}"]["get"]["responses"]["404"]


def with_another_type(document: Any) -> None:  # noqa: ANN401  (JSON)
    """Say that the status of a problem is a text."""
    document["components"]["schemas"]["ProblemDetails"]["properties"]["status"] = {"type": "string"}


def without_a_token(document: Any) -> None:  # noqa: ANN401  (JSON)
    """Say that health needs a token, which it does not."""
    document["paths"]["/healthz"]["get"]["security"] = [{"bearer": []}]


@pytest.mark.parametrize("lie", [without_an_answer, with_another_type, without_a_token])
def test_a_document_that_lies_is_noticed(
    service: Service, document: Path, lie: Callable[[Any], None]
) -> None:
    """The control: an answer left out, another type and a token too many are each red."""
    told = json.loads(document.read_bytes())
    lie(told)
    document.write_text(json.dumps(told))
    done = schemathesis(service, document, "--max-failures", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILURES" in done.stdout
