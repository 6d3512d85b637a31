"""Saved requests in all supported formats have their exact body and their signature."""

import json
import shlex
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paycli.webhooks.saved_request import NotASavedRequest, read

BODY = b'{\n  "id": "evt_1"\n}'
HEADER = "t=1,v1=aa"
HEAD = (
    b"POST /api/v1/stripe/events HTTP/1.1\r\nHost: x\r\nStripe-Signature: t=1,v1=aa\r\n"
    b"Content-Length: %d\r\n" % len(BODY)
)
# As curl 8 prints them, shortened.
TRACE = b"""== Info:   Trying 127.0.0.1:8080...
=> Send header, 150 bytes (0x96)
0000: POST /api/v1/stripe/events HTTP/1.1
0025: Host: 127.0.0.1:8080
003b: Stripe-Signature: t=1,v1=aa
0096:
=> Send data, 9 bytes (0x9)
0000: {"id": 1}
<= Recv header, 17 bytes (0x11)
0000: HTTP/1.1 200 OK
"""
VERBOSE = b"""*   Trying 127.0.0.1:8080...
> POST /api/v1/stripe/events HTTP/1.1
> Host: 127.0.0.1:8080
> stripe-signature: t=1,v1=aa
>
* upload completely sent off: 20 bytes
< HTTP/1.1 200 OK
"""


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + b"\r\n" + BODY,
        HEAD + b"\r\n" + BODY + b"\n\n###\n",
        b"### a comment of a .http file\n" + HEAD.replace(b"\r\n", b"\n") + b"\n" + BODY,
        b"POST http://localhost:8080/x\nstripe-signature:t=1,v1=aa\n\n" + BODY,
        json.dumps({"headers": {"Stripe-Signature": HEADER}, "body": BODY.decode()}).encode(),
        json.dumps(
            {
                "type": "webhook_event",
                "event_payload": BODY.decode(),
                "http_headers": {"Stripe-Signature": HEADER},
            }
        ).encode(),
        json.dumps(
            {"headers": [{"name": "Stripe-Signature", "value": HEADER}], "body": BODY.decode()}
        ).encode(),
        json.dumps({"headers": {"stripe-signature": [HEADER]}, "body": BODY.decode()}).encode(),
    ],
)
def test_body_and_signature_are_read(raw: bytes) -> None:
    """Head and body are separated by a blank line; text after the body is ignored."""
    request = read(raw)
    assert (request.body, request.signature) == (BODY, HEADER)


def test_a_curl_trace_has_body_and_signature() -> None:
    """`--trace-ascii` prints the body in separate lines."""
    request = read(TRACE)
    assert (request.body, request.signature) == (b'{"id": 1}', HEADER)


def test_verbose_curl_output_has_no_body() -> None:
    """`curl -v` does not print the body; the message contains the signature that it prints."""
    with pytest.raises(NotASavedRequest, match="--signature t=1,v1=aa"):
        read(VERBOSE)


def test_a_request_without_the_header_has_no_signature() -> None:
    """The missing header is reported by the verification."""
    assert read(b"POST / HTTP/1.1\nHost: x\n\n{}").signature is None


@pytest.mark.parametrize(
    "raw", [b"", b"hello", b"{", b'{"id": "evt_1"}', b"POST / HTTP/1.1\nHost: x", b"[]"]
)
def test_other_files_are_refused(raw: bytes) -> None:
    """A body alone, or any other file, raises NotASavedRequest."""
    with pytest.raises(NotASavedRequest):
        read(raw)


def saved_json(headers: object, body: str = "{}") -> bytes:
    """Return a request as JSON, as tools save it."""
    return json.dumps({"headers": headers, "body": body}).encode()


ODD = {
    "headers as text": saved_json("Stripe-Signature: t=1,v1=aa"),
    "headers as a number": saved_json(1),
    "headers as true": saved_json(True),
    "a list of texts": saved_json(["Stripe-Signature: t=1,v1=aa"]),
    "a list of numbers": saved_json([1]),
    "a list of triples": saved_json([["a", "b", "c"]]),
    "a pair in an object": saved_json([{"key": "stripe-signature"}]),
    "the signature as an object": saved_json({"Stripe-Signature": {"t": 1}}),
    "the signature as a number": saved_json({"Stripe-Signature": 1}),
    "a lone surrogate in the body": saved_json({"Stripe-Signature": HEADER}, "\ud800"),
    "too deep": b'{"headers": ' + b"[" * 100_000,
    "an integer of 5,000 digits": b'{"headers": ' + b"9" * 5000 + b"}",
}


@pytest.mark.parametrize("raw", ODD.values(), ids=ODD.keys())
def test_an_odd_saved_request_is_refused(raw: bytes) -> None:
    """JSON whose headers or body are not text is refused as no saved request."""
    with pytest.raises(NotASavedRequest):
        read(raw)


def test_a_content_length_of_thousands_of_digits_is_ignored() -> None:
    """The body is then what follows the headers."""
    raw = HEAD.replace(b"Content-Length: ", b"Content-Length: " + b"9" * 5000)
    assert read(raw + b"\r\n" + BODY).body == BODY


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs"]), max_size=3)
    | st.sampled_from(["stripe-signature", HEADER]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Stripe-Signature", "name", "value", "a"]), inner)
    ),
    max_leaves=8,
)
SAVED_JSON = st.builds(
    lambda fields: json.dumps(fields).encode(),
    st.dictionaries(
        st.sampled_from(["headers", "http_headers", "body", "payload", "event_payload"]), JSON
    ),
)
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                b"POST / HTTP/1.1\r\n",
                b"> POST / HTTP/1.1\n",
                b"=> Send header\n",
                b"=> Send data\n",
            ),
            *(b"0000: ", b"Stripe-Signature: t=1,v1=aa\r\n", b"> stripe-signature: \x1b\n", b">\n"),
            *(
                b"Content-Length: 99999999999\r\n",
                b"Content-Length: \xb2\r\n",
                b"\r\n",
                b"\n",
                b"{",
            ),
        ]
    )
    | st.binary(max_size=8)
).map(b"".join)


@given(SAVED_JSON | PIECES | st.binary())
def test_any_bytes_are_a_saved_request_or_refused(raw: bytes) -> None:
    """Whatever a file contains, it is read, or refused as no saved request."""
    with suppress(NotASavedRequest):
        request = read(raw)
        assert isinstance(request.signature, str | None)


def test_a_signature_in_a_suggested_command_is_one_word() -> None:
    """What a request contains is neither run by the shell nor obeyed by the terminal."""
    raw = VERBOSE.replace(b"t=1,v1=aa", b"'; touch x #\x1b[2J")
    with pytest.raises(NotASavedRequest) as refused:
        read(raw)
    command = refused.value.detail.partition("(--signature ")[2].removesuffix(")")
    assert shlex.split(command) == ["'; touch x #\\x1b[2J"]
