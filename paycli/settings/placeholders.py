"""Texts that documentation shows in place of a secret, and that are therefore no secret."""

import re

_PLACEHOLDER = re.compile(
    r"\.\.\.|…|[<>*${}]"  # sk_test_..., <your-key>, ****, ${KEY}
    r"|^(?:[._-]*|x{4,})$"  # whsec_, whsec_xxxxxxxx
    r"|(?:^|[._-])(?:your|example|placeholder|replace|changeme|change[._-]me)(?:[._-]|$)",
    re.IGNORECASE,
)


def is_placeholder(text: str, prefix: str = "") -> bool:
    """Returns whether a secret is only the placeholder of one: its `prefix`, with nothing random.

    Stripe's secrets have letters and digits only after their prefix, so none of them matches.
    """
    return _PLACEHOLDER.search(text.removeprefix(prefix)) is not None
