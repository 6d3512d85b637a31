"""Addresses to listen on and to advertise, as host:port."""

import re
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import BaseModel, BeforeValidator

_MAX_PORT = 65535
_ALL_INTERFACES = str(IPv4Address(0))
_LOOPBACK = {_ALL_INTERFACES: "127.0.0.1", "::": "::1"}
_HOST_PORT = re.compile(
    r"(\[(?P<six>[0-9A-Fa-f:.%a-z]+)\]|(?P<host>[^\[\]:\s]+)):(?P<port>[0-9]{1,5})", re.ASCII
)


def _host_port(value: object) -> object:
    parts = _HOST_PORT.fullmatch(str(value))
    if parts is None or int(parts["port"]) > _MAX_PORT:
        raise ValueError("must be host:port, such as 127.0.0.1:8080 or [::1]:8080")
    host = parts["six"] or parts["host"]
    return Address(host=_ALL_INTERFACES if host == "*" else host, port=int(parts["port"]))


class Address(BaseModel, frozen=True):
    """A network address: `host` without brackets, `port` 0 for a free port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def local_address(self) -> "Address":
        """Returns the address to connect to from this machine: loopback for a wildcard."""
        return Address(host=_LOOPBACK.get(self.host, self.host), port=self.port)

    @property
    def is_wildcard(self) -> bool:
        """Whether it stands for all interfaces, so that no other machine can connect to it."""
        return self.host in _LOOPBACK


Listen = Annotated[Address, BeforeValidator(_host_port)]
