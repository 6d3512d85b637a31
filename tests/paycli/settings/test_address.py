"""Addresses as host:port."""

import pytest

from harness.ports import WILDCARD_ADDRESS
from harness.settings_sources import REQUIRED, IsolatedSources
from paycli.settings import ListenSettings, ServerSettings


@pytest.mark.parametrize(
    ("value", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("localhost:0", "localhost", 0),
        ("[::1]:8080", "::1", 8080),
        ("[::]:65535", "::", 65535),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
    ],
)
def test_listens_on_names_ipv4_and_ipv6(
    sources: IsolatedSources, value: str, host: str, port: int
) -> None:
    """An address is host:port, IPv6 in brackets (RFC 3986), and is formatted as it was written."""
    sources.environ["PAYCLI_LISTEN"] = value
    listen = sources.read(ListenSettings).listen
    assert (listen.host, listen.port, str(listen)) == (host, port, value)


def test_an_asterisk_is_the_ipv4_wildcard_address(sources: IsolatedSources) -> None:
    """It is equal to the wildcard address, and can't be advertised."""
    sources.environ |= REQUIRED | {"PAYCLI_LISTEN": "*:8080"}
    listen = sources.read(ListenSettings).listen
    assert (str(listen), str(listen.local_address())) == (
        f"{WILDCARD_ADDRESS}:8080",
        "127.0.0.1:8080",
    )
    sources.environ["PAYCLI_ADVERTISE"] = "*:8080"
    assert "other machines can reach" in sources.problems(ServerSettings)["PAYCLI_ADVERTISE"]


@pytest.mark.parametrize(
    "value",
    [
        "8080",
        ":8080",
        "localhost",
        "localhost:",
        "localhost:http",
        "localhost:65536",
        "localhost:-1",
        "localhost:\u0663",
        "localhost:" + "9" * 5000,
        "[]:80",
        "[::1]",
        "[::1:80",
        "::1",
    ],
    ids=lambda value: ascii(value)[1:20],
)
def test_other_addresses_are_refused(sources: IsolatedSources, value: str) -> None:
    """Anything but host:port is refused with examples."""
    sources.environ["PAYCLI_LISTEN"] = value
    assert sources.problems(ListenSettings)["PAYCLI_LISTEN"].startswith(
        "must be host:port, such as 127.0.0.1:8080 or [::1]:8080"
    )
