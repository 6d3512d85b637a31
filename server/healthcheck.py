"""`python3 -m server.healthcheck`: the image's HEALTHCHECK; requests /healthz of the local daemon.

The address is PAYCLI_LISTEN's. Exit code 0 if the response is 200, else 1.
"""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from paycli.settings import Address, ListenSettings
from paycli.settings.reader import SettingsReader, SettingsSources

TIMEOUT_SECONDS = 2


def is_healthy(address: Address) -> bool:
    """Returns whether the daemon at the address responds with 200."""
    connection = HTTPConnection(address.host, address.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Returns the exit code. Raises SettingsInvalid if PAYCLI_LISTEN is not an address."""
    reader = SettingsReader(SettingsSources())
    settings = reader.read(ListenSettings)
    reader.check()
    assert settings is not None, "`check` raises for missing settings"
    return 0 if is_healthy(settings.listen.local_address()) else 1


if __name__ == "__main__":
    sys.exit(main())
