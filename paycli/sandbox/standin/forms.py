"""Stripe's form encoding: `a[b]=1&list[0][x]=2&list[]=3` to nested dictionaries.

https://docs.stripe.com/api: bodies are form-encoded; nested parameters in brackets.
"""

import re
from urllib.parse import parse_qsl

from paycli.sandbox.standin.refusals import Refusal

_BOTH = "Invalid {}: it is given both as a value and as a hash."
_PART = re.compile(r"\[([^\[\]]*)\]")
MAX_FIELDS = 2000


def decode(text: str) -> dict[str, object]:
    """The parameters by name; hashes and lists are dictionaries, lists by their indices as text.

    Raises:
        Refusal: it has too many fields, or a name is two things at once.
    """
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise Refusal(f"The request has more than {MAX_FIELDS} parameters.") from None
    decoded: dict[str, object] = {}
    for name, value in pairs:
        if "[" not in name:
            decoded[name] = value
        else:
            _put(decoded, name, value)
    return decoded


def _put(decoded: dict[str, object], name: str, value: str) -> None:
    first, _, rest = name.partition("[")
    parts = _PART.findall(f"[{rest}")
    place = decoded
    key = first
    for part in parts:
        inner = place.setdefault(key, {})
        if not isinstance(inner, dict):
            raise Refusal(_BOTH.format(name), param=first)
        place, key = inner, part or str(len(inner))
    place[key] = value
