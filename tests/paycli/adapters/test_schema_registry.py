"""The client of a schema registry: its requests, its errors, and where credentials go."""

import base64
import ipaddress
import json
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness.confluent_registry import ConfluentRegistry, guid
from paycli.adapters.schema_registry import SchemaRegistryClient
from paycli.errors import SchemaRegistryFailure
from paycli.models import RegisteredSchema
from paycli.settings import SchemaRegistrySettings

CANARY = "CaNaRy8d1f5b2c9e"
SCHEMA = '{"type": "object"}'
SUBJECT = "payments.events-a/b ü"


def settings(**values: str) -> SchemaRegistrySettings:
    """Return settings by the ends of their names."""
    names = {f"PAYCLI_SCHEMA_REGISTRY_{name}": value for name, value in values.items()}
    return SchemaRegistrySettings.model_validate(names)


@contextmanager
def client(url: str, **values: str) -> Iterator[SchemaRegistryClient]:
    """Yield a client of the registry."""
    with closing(SchemaRegistryClient(url, settings(**values))) as client:
        yield client


def test_a_schema_is_registered_and_found() -> None:
    """A subject of any name gets versions, numbers and GUIDs as Confluent's registry has them."""
    with ConfluentRegistry() as registry, client(f"{registry.url}/") as it:
        assert (it.find(SUBJECT, SCHEMA), it.versions(SUBJECT)) == (None, [])
        it.register(SUBJECT, SCHEMA)
        it.register(SUBJECT, SCHEMA)
        assert registry.subjects == {SUBJECT: [SCHEMA]}
        assert it.find(SUBJECT, SCHEMA) == RegisteredSchema(SUBJECT, 1, 1, guid(SCHEMA))
        assert (it.find(SUBJECT, "{}"), it.versions(SUBJECT)) == (None, [1])
        assert it.level(SUBJECT) == "BACKWARD"
        it.set_level(SUBJECT, "FORWARD")
        assert registry.levels == {SUBJECT: "FORWARD"}
        assert it.level(SUBJECT) == "FORWARD"
        assert it.incompatibilities(SUBJECT, None, SCHEMA) == []
        registry.messages = ["it is", "not"]
        assert it.incompatibilities(SUBJECT, 7, SCHEMA) == ["it is", "not"]
        assert registry.received[-1].path.endswith("/versions/7?verbose=true")
        assert not any("authorization" in request.headers for request in registry.received)


@pytest.mark.parametrize(
    ("name", "value", "header"),
    [
        # RFC 7617, section 2; RFC 6750, section 2.1
        ("BASIC_AUTH", "Aladdin:open sesame", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("TOKEN", "mF_9.B5f-4.1JqM", "Bearer mF_9.B5f-4.1JqM"),
    ],
)
def test_credentials_are_sent_to_the_registry_only(name: str, value: str, header: str) -> None:
    """They are in the header, and a redirect to another server is not followed."""
    with ConfluentRegistry() as registry, client(registry.url, **{name: value}) as it:
        it.level(SUBJECT)
        assert {request.headers["authorization"] for request in registry.received} == {header}
        registry.failures = [(307, b"")]
        with pytest.raises(SchemaRegistryFailure, match="status 307"):
            it.level(SUBJECT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BASIC_AUTH", CANARY),
        ("BASIC_AUTH", f"user:{CANARY}\r\nX: y"),
        ("BASIC_AUTH", f"{CANARY}:"),
        ("TOKEN", f"{CANARY}ü"),
        ("TOKEN", f"{CANARY}\nX: y"),
    ],
)
def test_a_malformed_secret_is_refused_and_not_shown(name: str, value: str) -> None:
    """It would not be what the header field has to be."""
    with pytest.raises(ValueError, match="must be") as refused:
        settings(**{name: value})
    assert CANARY not in str(refused.value)


def test_two_kinds_of_credentials_are_refused() -> None:
    """It would be unclear which of them is sent."""
    with pytest.raises(ValueError, match="must not be set together"):
        settings(BASIC_AUTH="user:password", TOKEN=CANARY)


@pytest.mark.parametrize(
    ("status", "body", "hint"),
    [
        (401, {"error_code": 401, "message": "Unauthorized"}, "BASIC_AUTH"),
        (403, {}, "TOKEN"),
        (404, {"error_code": 0, "message": "no such path"}, "--registry"),
        (404, "<html>", "--registry"),
        (200, "<html>", "--registry"),
        (200, [], "--registry"),
        (200, {"id": "x", "version": 1}, "--registry"),
        (200, {"id": 1, "version": 1, "guid": 5}, "--registry"),
        (409, {"error_code": 409, "message": f"you sent Bearer {CANARY}"}, "Bearer ********"),
        (409, {"error_code": 409, "message": "it is incompatible"}, "it is incompatible"),
        (422, {"error_code": 42201, "message": "no schema"}, "no schema"),
        (500, {"error_code": 50001, "message": "backend"}, "backend"),
        (502, "<html>", "status 502"),
    ],
)
def test_a_failure_says_what_to_do(status: int, body: object, hint: str) -> None:
    """The message has the cause, and never the credentials."""
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    with ConfluentRegistry() as registry, client(registry.url, TOKEN=CANARY) as it:
        registry.failures = [(status, content)]
        with pytest.raises(SchemaRegistryFailure) as failure:
            it.find(SUBJECT, SCHEMA)
    assert hint in failure.value.detail
    assert CANARY not in failure.value.detail


def test_credentials_that_a_registry_repeats_are_masked() -> None:
    """Neither an error nor a reason has them, in whichever form they are repeated."""
    password = f"{CANARY}:ü"
    encoded = base64.b64encode(f"user:{password}".encode()).decode()
    with ConfluentRegistry() as registry, client(registry.url, BASIC_AUTH=f"user:{password}") as it:
        for secret in (encoded, f"user:{password}", password):
            error = {"error_code": 50001, "message": f"Basic {secret}."}
            registry.failures = [
                (200, json.dumps({"is_compatible": False, **reasons}).encode())
                for reasons in ({"messages": [f"<{secret}>"]}, {"reason": f"<{secret}>"})
            ]
            registry.failures.append((500, json.dumps(error).encode()))
            for _ in range(2):
                assert it.incompatibilities(SUBJECT, None, SCHEMA) == ["<********>"]
            with pytest.raises(SchemaRegistryFailure, match=r"Basic \*{8}\.$"):
                it.level(SUBJECT)


def test_values_that_no_registry_has_are_refused() -> None:
    """They would be written to the file of ids, sent back as part of an address, or printed."""
    found = [{"id": id_, "version": 1} for id_ in (2**31, 2**40, -1, True, "1", 1.0, None)]
    found += [{"id": 1, "version": version} for version in (2**31, 0, "1", None)]
    lists: list[object] = [{}, "12", 7, *([each] for each in ("1", {"version": 1}, 1.5, 0, True))]
    levels = [{"compatibilityLevel": each} for each in (7, "", "forward", f"FORWARD {CANARY}")]
    with ConfluentRegistry() as registry, client(registry.url) as it:
        calls: list[tuple[Callable[[], object], Sequence[object]]] = [
            (lambda: it.find(SUBJECT, SCHEMA), found),
            (lambda: it.versions(SUBJECT), lists),
            (lambda: it.level(SUBJECT), [*levels, {}, 5]),
        ]
        for call, bodies in calls:
            for body in bodies:
                registry.failures = [(200, json.dumps(body).encode())]
                with pytest.raises(SchemaRegistryFailure, match="not that of a schema") as failure:
                    call()
                assert CANARY not in failure.value.detail
        registry.failures = [(200, json.dumps({"id": 2**31 - 1, "version": 1}).encode())]
        assert it.find(SUBJECT, SCHEMA) == RegisteredSchema(SUBJECT, 1, 2**31 - 1, None)


def test_a_certificate_is_verified_with_the_authority_of_the_settings(tmp_path: Path) -> None:
    """Without it, the message names its setting and nothing is sent; with it, it works."""
    certificate = tmp_path / "ca.pem"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, _make_certificate(certificate))
    with ConfluentRegistry() as registry:
        registry._server.socket = context.wrap_socket(registry._server.socket, server_side=True)
        url = registry.url.replace("http", "https")
        for other in ({}, {"CA_FILE": str(tmp_path / "missing.pem")}):
            with client(url, **other) as it, pytest.raises(SchemaRegistryFailure, match="CA_FILE"):
                it.level(SUBJECT)
        assert registry.received == []
        with client(url, CA_FILE=str(certificate)) as it:
            assert it.level(SUBJECT) == "BACKWARD"


def _make_certificate(file: Path) -> Path:
    """Write a certificate for 127.0.0.1 that signs itself; return the file of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "registry")])
    now = datetime.now(UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file = file.with_name("key.pem")
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key_file
