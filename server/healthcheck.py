"""`python3 -m server.healthcheck`: asks this machine's daemon for /healthz, for `HEALTHCHECK`.

The address is that of PAYCLI_LISTEN. Exit code 0 if `/healthz` answers 200, else 1.
"""

import sys
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from paycli.settings import Address, ListenSettings
from paycli.settings.reader import SettingsReader, SettingsSources

TIMEOUT_SECONDS = 2


def lives(address: Address) -> bool:
    """Whether a daemon answers at the address."""
    connection = HTTPConnection(address.host, address.port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def main() -> int:
    """Returns the exit code. Raises SettingsInvalid for an address that is none."""
    reader = SettingsReader(SettingsSources())
    settings = reader.read(ListenSettings)
    reader.check()
    assert settings is not None, "what is wrong was raised"
    return 0 if lives(settings.listen.local_address()) else 1


if __name__ == "__main__":
    sys.exit(main())
