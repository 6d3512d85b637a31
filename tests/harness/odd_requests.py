"""HTTP/1.1 requests that two parsers could understand differently (RFC 9112), and valid ones.

Each is the bytes of one request. REFUSED has the expected status, ACCEPTED the expected method,
path and body.
"""

MAX_BODY = 1000
"""The largest body in bytes that the server must be configured to accept."""

H = b"Host: pay.test\r\n"
LAST = b"GET /last HTTP/1.1\r\nHost: pay.test\r\nConnection: close\r\n\r\n"


def post(headers: bytes, body: bytes = b"") -> bytes:
    """Return a POST with these header lines in addition to Host."""
    return b"POST /first HTTP/1.1\r\n" + H + headers + b"\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked\r\n"
REFUSED = {
    "length and coding": (post(b"Content-Length: 6\r\n" + CHUNKED, b"0\r\n\r\n"), 400),
    "coding and length": (post(CHUNKED + b"Content-Length: 0\r\n", b"0\r\n\r\n"), 400),
    "coding in HTTP/1.0": (b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "coding twice": (post(CHUNKED + CHUNKED, b"0\r\n\r\n"), 400),
    "coding in a list": (post(b"Transfer-Encoding: chunked, chunked\r\n", b"0\r\n\r\n"), 501),
    "coding identity": (post(b"Transfer-Encoding: identity\r\n"), 501),
    "coding gzip, chunked": (post(b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"), 501),
    "coding xchunked": (post(b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"), 501),
    "coding quoted": (post(b'Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"), 501),
    "coding empty": (post(b"Transfer-Encoding:\r\n"), 501),
    "coding after vertical tab": (post(b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"), 400),
    "coding after next line": (post(b"Transfer-Encoding: \x85chunked\r\n", b"0\r\n\r\n"), 501),
    "space before the colon": (post(b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"), 400),
    "folded coding": (post(b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"), 400),
    "folded header": (post(b"X-A: 1\r\n\tContent-Length: 5\r\n", b"hello"), 400),
    "first header folded": (b"GET / HTTP/1.1\r\n Host: pay.test\r\n\r\n", 400),
    "length twice": (post(b"Content-Length: 0\r\nContent-Length: 5\r\n", b"hello"), 400),
    "length twice, the same": (post(b"Content-Length: 5\r\nContent-Length: 5\r\n", b"hello"), 400),
    "length in a list": (post(b"Content-Length: 5, 5\r\n", b"hello"), 400),
    "length with a sign": (post(b"Content-Length: +5\r\n", b"hello"), 400),
    "length below zero": (post(b"Content-Length: -1\r\n"), 400),
    "length in hexadecimal": (post(b"Content-Length: 0x5\r\n", b"hello"), 400),
    "length with underscore": (post(b"Content-Length: 1_0\r\n", b"helloworld"), 400),
    "length in other digits": (post("Content-Length: \u0665\r\n".encode(), b"hello"), 400),
    "length empty": (post(b"Content-Length:\r\n"), 400),
    "length of 5000 digits": (post(b"Content-Length: " + b"1" * 5000 + b"\r\n"), 400),
    "length of 18 digits": (post(b"Content-Length: " + b"9" * 18 + b"\r\n"), 413),
    "length over the limit": (post(b"Content-Length: 1001\r\n"), 413),
    "length over the limit, expecting 100-continue": (
        post(b"Content-Length: 1001\r\nExpect: 100-continue\r\n"),
        413,
    ),
    "length wrong, expecting 100-continue": (
        post(b"Content-Length: x\r\nExpect: 100-continue\r\n"),
        400,
    ),
    "chunks over the limit": (post(CHUNKED, b"fff\r\n" + b"x" * 0xFFF + b"\r\n0\r\n\r\n"), 413),
    "chunk size with 0x": (post(CHUNKED, b"0x5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size with a sign": (post(CHUNKED, b"+5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size after a space": (post(CHUNKED, b" 5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size ends in LF": (post(CHUNKED, b"5\nhello\r\n0\r\n\r\n"), 400),
    "chunk size before LF CRLF": (post(CHUNKED, b"5\n\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk size without end": (post(CHUNKED, b"0" * 9 + b"5\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk extension": (post(CHUNKED, b"5;a=b\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk data too long": (post(CHUNKED, b"4\r\nhello\r\n0\r\n\r\n"), 400),
    "chunk data ends in LF": (post(CHUNKED, b"5\r\nhello\n0\r\n\r\n"), 400),
    "empty line between chunks": (post(CHUNKED, b"\r\n5\r\nhello\r\n0\r\n\r\n"), 400),
    "trailer": (post(CHUNKED, b"0\r\nContent-Length: 5\r\n\r\n"), 400),
    "last chunk ends in LF": (post(CHUNKED, b"0\r\n\n"), 400),
    "line ends in LF": (b"GET / HTTP/1.1\nHost: pay.test\n\n" + b"\r\n\r\n", 400),
    "header ends in LF": (b"GET / HTTP/1.1\r\nHost: pay.test\nX-A: 1\r\n\r\n", 400),
    "header ends in CR": (b"GET / HTTP/1.1\r\nHost: pay.test\rX-A: 1\r\n\r\n", 400),
    "NUL in a value": (post(b"X-A: a\0b\r\n"), 400),
    "NUL in a name": (post(b"X-\0A: 1\r\n"), 400),
    "NUL in the target": (b"GET /\0 HTTP/1.1\r\n" + H + b"\r\n", 400),
    "no colon": (post(b"Nothing\r\n"), 400),
    "no name": (post(b": nothing\r\n"), 400),
    "name in brackets": (post(b"[X]: 1\r\n"), 400),
    "no Host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "Host twice": (b"GET / HTTP/1.1\r\n" + H + H + b"\r\n", 400),
    "Host empty": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    "Host with a path": (b"GET / HTTP/1.1\r\nHost: pay.test/x\r\n\r\n", 400),
    "Host with a user": (b"GET / HTTP/1.1\r\nHost: a@pay.test\r\n\r\n", 400),
    "Host in a list": (b"GET / HTTP/1.1\r\nHost: pay.test, evil.test\r\n\r\n", 400),
    "Authorization twice": (post(b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"), 400),
    "Content-Type twice": (post(b"Content-Type: a/b\r\nContent-Type: a/b\r\n"), 400),
    "Idempotency-Key twice": (post(b"Idempotency-Key: a\r\nidempotency-key: b\r\n"), 400),
    "Stripe-Signature twice": (post(b"Stripe-Signature: t=1\r\nStripe-Signature: v1=1\r\n"), 400),
    "no version": (b"GET /\r\n\r\n", 400),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\n" + H + b"\r\n", 505),
    "preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    "HTTP/0.9": (b"GET / HTTP/0.9\r\n" + H + b"\r\n", 505),
    "http/1.1": (b"GET / http/1.1\r\n" + H + b"\r\n", 400),
    "HTTP/1.10": (b"GET / HTTP/1.10\r\n" + H + b"\r\n", 400),
    "method in small letters": (b"get / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "method with a sign": (b"G@T / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "method too long": (b"A" * 40 + b" / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "space first": (b" GET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "two empty lines first": (b"\r\n\r\nGET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "LF first": (b"\nGET / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "two spaces": (b"GET  / HTTP/1.1\r\n" + H + b"\r\n", 400),
    "tab in the line": (b"GET\t/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "space in the target": (b"GET /a b HTTP/1.1\r\n" + H + b"\r\n", 400),
    "target outside ASCII": ("GET /é HTTP/1.1\r\n".encode() + H + b"\r\n", 400),
    "fragment in the target": (b"GET /#a HTTP/1.1\r\n" + H + b"\r\n", 400),
    "two slashes": (b"GET //api/v1/payments HTTP/1.1\r\n" + H + b"\r\n", 400),
    "no slash": (b"GET api HTTP/1.1\r\n" + H + b"\r\n", 400),
    "another host's URL": (b"GET http://evil.test/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a URL with two slashes": (b"GET http://pay.test//api HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a URL of another scheme": (b"GET file:///etc/passwd HTTP/1.1\r\n" + H + b"\r\n", 400),
    "a broken URL": (b"GET http://[::1/ HTTP/1.1\r\n" + H + b"\r\n", 400),
    "an address to connect to": (b"CONNECT pay.test:443 HTTP/1.1\r\n" + H + b"\r\n", 400),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n", 400),
    "headers too large": (post(b"X-A: " + b"a" * 40_000 + b"\r\n"), 431),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100, 400),
    "PROXY protocol": (b"PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\nGET / HTTP/1.1\r\n\r\n", 400),
}


ACCEPTED = {
    "plain": (b"GET /first HTTP/1.1\r\n" + H + b"\r\n", ("GET", "/first", b"")),
    "with a length": (post(b"Content-Length: 5\r\n", b"hello"), ("POST", "/first", b"hello")),
    "length 0": (post(b"Content-Length: 0\r\n"), ("POST", "/first", b"")),
    "length with zeros": (post(b"Content-Length: 005\r\n", b"hello"), ("POST", "/first", b"hello")),
    "length at the limit": (
        post(b"Content-Length: 1000\r\n", b"x" * MAX_BODY),
        ("POST", "/first", b"x" * MAX_BODY),
    ),
    "chunks": (
        post(CHUNKED, b"5\r\nhello\r\nA\r\n, my world\r\n00\r\n\r\n"),
        ("POST", "/first", b"hello, my world"),
    ),
    "no chunk": (post(b"transfer-encoding: CHUNKED\r\n", b"0\r\n\r\n"), ("POST", "/first", b"")),
    "a URL of this host": (
        b"GET http://pay.test/first HTTP/1.1\r\n" + H + b"\r\n",
        ("GET", "/first", b""),
    ),
    "an empty line first": (b"\r\nGET /first HTTP/1.1\r\n" + H + b"\r\n", ("GET", "/first", b"")),
    "address and port": (
        b"GET /first HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
        ("GET", "/first", b""),
    ),
    "HTTP/1.0 kept alive": (
        b"GET /first HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        ("GET", "/first", b""),
    ),
    "a name that resembles another": (
        post(b"Content_Length: 5\r\nTransfer_Encoding: chunked\r\n"),
        ("POST", "/first", b""),
    ),
}
