"""Saved requests in all supported formats have their exact body and their signature."""

import json

import pytest

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
    with pytest.raises(NotASavedRequest, match="--signature 't=1,v1=aa'"):
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
