"""The running daemon conforms to its OpenAPI document, for valid and invalid requests."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.scale import examples
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
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]
"""
"""A generated text can be larger than a body may be."""
CompletedProcess = subprocess.CompletedProcess[str]


def schemathesis(service: Service, document: Path, *arguments: str) -> CompletedProcess:
    """Sends generated requests of a document to the daemon, the same in each run."""
    return subprocess.run(
        [
            *(Path(sys.executable).with_name("schemathesis"), "run", document),
            *("--url", service.daemon.url),
            *("--header", f"Authorization: Bearer {TOKEN}"),
            *("--checks", ",".join(CHECKS)),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--max-examples", str(examples(6)), "--generation-deterministic", "--no-color"),
            *arguments,
        ],
        cwd=document.parent,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def document(service: Service, tmp_path: Path) -> Path:
    """Returns a file with the document that the daemon serves."""
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    path = tmp_path / "openapi.json"
    path.write_bytes(service.daemon.request("GET", "/openapi.json").body)
    return path


def test_every_response_is_documented_and_none_is_500(service: Service, document: Path) -> None:
    """Valid and invalid generated requests of every operation get only documented responses.

    Later requests use created payments and refunds, so that not all of them end in 404.
    """
    before = len(service.stripe.requests)
    done = schemathesis(service, document)
    assert done.returncode == 0, done.stdout + done.stderr
    requests = {
        (each.method, each.path.split("/")[2], each.path.split("/")[-1])
        for each in service.stripe.requests[before:]
    }
    assert len(requests) > 5


def without_a_response(document: Any) -> None:  # noqa: ANN401  (JSON)
    """Removes the 404 of an unknown payment."""
    del document["paths"][f"{PAYMENTS}/{{payment_id}}"]["get"]["responses"]["404"]


def with_a_wrong_type(document: Any) -> None:  # noqa: ANN401  (JSON)
    """Declares the status of problem details as a string."""
    document["components"]["schemas"]["ProblemDetails"]["properties"]["status"] = {"type": "string"}


def with_a_wrong_security(document: Any) -> None:  # noqa: ANN401  (JSON)
    """Declares that health needs a token."""
    document["paths"]["/healthz"]["get"]["security"] = [{"bearer": []}]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (without_a_response, f"{PAYMENTS}/{{payment_id}}"),
        (with_a_wrong_type, f"{PAYMENTS}/{{payment_id}}"),
        (with_a_wrong_security, "/healthz"),
    ],
)
def test_a_wrong_document_is_detected(
    service: Service, document: Path, change: Callable[[Any], None], path: str
) -> None:
    """The control: a missing response, a wrong type and wrong security each fail on their path."""
    openapi = json.loads(document.read_bytes())
    change(openapi)
    document.write_text(json.dumps(openapi))
    done = schemathesis(service, document, "--include-path", path, "--max-failures", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILURES" in done.stdout
