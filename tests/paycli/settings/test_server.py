"""Service discovery, and the bounds of the idle time."""

import pytest

from harness.ports import WILDCARD_ADDRESS
from harness.settings_sources import CANARY, REQUIRED, IsolatedSources
from paycli.settings import ServerSettings


def test_a_registry_requires_an_address_that_others_can_reach(sources: IsolatedSources) -> None:
    """PAYCLI_LISTEN is registered; with a wildcard address, PAYCLI_ADVERTISE is required."""
    sources.environ |= REQUIRED | {
        "PAYCLI_EUREKA_URL": "http://a:8761/eureka, https://u:p@b/eureka"
    }
    assert sources.read(ServerSettings).registries() == (
        "http://a:8761/eureka",
        "https://u:p@b/eureka",
    )
    sources.environ["PAYCLI_LISTEN"] = f"{WILDCARD_ADDRESS}:8080"
    assert "requires PAYCLI_ADVERTISE" in sources.problems(ServerSettings)["PAYCLI_EUREKA_URL"]
    sources.environ["PAYCLI_ADVERTISE"] = "10.0.0.7:8080"
    assert str(sources.read(ServerSettings).advertise) == "10.0.0.7:8080"
    sources.environ["PAYCLI_ADVERTISE"] = "[::]:8080"
    assert "other machines can reach" in sources.problems(ServerSettings)["PAYCLI_ADVERTISE"]


@pytest.mark.parametrize(
    "url",
    [
        "registry:8761/eureka",
        f"ftp://{CANARY}@a/eureka",
        f"http://{CANARY}:{CANARY}@:8761/eureka",
        "http://a:port/eureka",
        "http://a/eureka,b",
        f"http://user:pa#{CANARY}@a:8761/eureka",
        f"http://user:pa,{CANARY}@a:8761/eureka",
        f"http://user:12,{CANARY}@a:8761/eureka",
        f"http://user:12/{CANARY}@a:8761/eureka",
        f"http://user:12?{CANARY}@a:8761/eureka",
        f"http://user:[{CANARY}@a:8761/eureka",
        "http://a:8761/eur\u00e9ka",
        "http://a:8761/eureka x",
        "http://user:\udcff@a:8761/eureka",
    ],
)
def test_the_url_of_a_registry_is_checked_and_never_shown(
    sources: IsolatedSources, url: str
) -> None:
    """An invalid URL is refused, and its credentials are not shown."""
    sources.environ |= REQUIRED | {"PAYCLI_EUREKA_URL": url}
    text = sources.problems(ServerSettings)["PAYCLI_EUREKA_URL"]
    assert "each must be a URL such as http://registry:8761/eureka" in text
    for escape in ("# as %23", ", as %2C", "/ as %2F", "@ as %40", "% as %25"):
        assert escape in text
    assert CANARY not in text


def test_an_escaped_password_is_accepted(sources: IsolatedSources) -> None:
    """A password of all special characters, escaped as the error says, is one URL."""
    url = "http://user:%23%2C%2F%3F%40%3A%25@a:8761/eureka"
    sources.environ |= REQUIRED | {"PAYCLI_EUREKA_URL": url}
    assert sources.read(ServerSettings).registries() == (url,)


@pytest.mark.parametrize("name", ["a.b", "-a", "a_b", "a b", "a" * 64])
def test_a_service_name_is_a_valid_host_name(sources: IsolatedSources, name: str) -> None:
    """Callers use the name as a host name (RFC 1123)."""
    sources.environ |= REQUIRED | {"PAYCLI_SERVICE_NAME": name}
    assert "PAYCLI_SERVICE_NAME" in sources.problems(ServerSettings)


@pytest.mark.parametrize("value", ["0", "0.5", "3601", "nan", "long"])
def test_an_idle_time_out_of_bounds_is_refused(sources: IsolatedSources, value: str) -> None:
    """It must be 1 to 3600 s; both bounds are accepted."""
    for bound in ("1", "3600"):
        sources.environ |= REQUIRED | {"PAYCLI_IDLE_SECONDS": bound}
        assert sources.read(ServerSettings).idle_seconds == float(bound)
    sources.environ["PAYCLI_IDLE_SECONDS"] = value
    assert "PAYCLI_IDLE_SECONDS" in sources.problems(ServerSettings)
