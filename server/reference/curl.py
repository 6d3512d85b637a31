"""An operation's request as a command line."""

import shlex
from collections.abc import Iterator
from urllib.parse import quote

from server.reference.samples import Json, json_text

_ADDRESS = "http://127.0.0.1:8080"
_JSON = "application/json"


def curl_command(method: str, path: str, operation: Json) -> str:
    """Returns the request with its first example as the body, for a POSIX shell."""
    return " \\\n  ".join(_parts(method, path, operation))


def _parts(method: str, path: str, operation: Json) -> Iterator[str]:
    parameters = operation["parameters"]
    ids = {each["name"]: each["example"] for each in parameters if each["in"] == "path"}
    url = _ADDRESS + path.format(**{name: quote(id_, safe="") for name, id_ in ids.items()})
    is_implied = method == ("post" if "requestBody" in operation else "get")
    yield f"curl {'' if is_implied else f'-X {method.upper()} '}{shlex.quote(url)}"
    for scheme in (name for requirement in operation["security"] for name in requirement):
        if scheme == "bearer":
            yield '-H "Authorization: Bearer $TOKEN"'  # the shell inserts the token
        else:
            yield "-H 'Stripe-Signature: t=1767225600,v1=…'"
    for each in parameters:
        if each["in"] == "header" and each["required"]:
            yield f"-H {shlex.quote(each['name'] + ': ' + each['example'])}"
    if "requestBody" in operation:
        yield f"-H 'Content-Type: {_JSON}'"
        examples = operation["requestBody"]["content"][_JSON].get("examples", {})
        bodies = [example["value"] for example in examples.values()]
        yield f"-d {shlex.quote(json_text(bodies[0]))}" if bodies else "--data-binary @event.json"
