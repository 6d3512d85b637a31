"""Stripe's form encoding: `a[b]=1&list[0][x]=2&list[]=3` to nested dictionaries.

https://docs.stripe.com/api: bodies are form-encoded, nested parameters in brackets.
"""

import re
from urllib.parse import parse_qsl

from paycli.sandbox.standin.api.errors import StripeErrorResponse

_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
MAX_FIELDS = 2000


def decode(text: str) -> dict[str, object]:
    """The parameters by name; hashes and lists are dictionaries, lists by their indices as text.

    Raises:
        StripeErrorResponse: there are too many fields, or a name is both a value and a hash.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        message = f"The request has more than {MAX_FIELDS} parameters."
        raise StripeErrorResponse(message) from None
    decoded: dict[str, object] = {}
    for name, value in pairs:
        if "[" not in name:
            decoded[name] = value
        else:
            _set_nested(decoded, name, value)
    return decoded


def _set_nested(decoded: dict[str, object], name: str, value: str) -> None:
    first, _, rest = name.partition("[")
    parts = _BRACKETS.findall(f"[{rest}")
    parent = decoded
    key = first
    for part in parts:
        inner = parent.setdefault(key, {})
        if not isinstance(inner, dict):
            message = f"Invalid {name}: it is given both as a value and as a hash."
            raise StripeErrorResponse(message, param=first)
        parent, key = inner, part or str(len(inner))
    parent[key] = value
