"""Secrets that are rolled with an overlap, as scripts/deploy/README.md describes."""

from collections.abc import Sequence

from harness.sender import rolled_signature

SECRETS = tuple(f"whsec_of_the_soak_number_{number}" for number in range(3))
TOKENS = tuple(f"token-of-the-soak-{number}" for number in range(3))
KEYS = tuple(f"sk_test_thesoak{number}" for number in range(3))
ALL = range(len(SECRETS))


def settings(numbers: Sequence[int]) -> dict[str, str]:
    """Return the settings of a daemon that accepts these secrets and tokens, the first one first.

    With the first key it sends its own requests to Stripe.
    """
    return {
        "PAYCLI_STRIPE_WEBHOOK_SECRETS": ",".join(SECRETS[number] for number in numbers),
        "PAYCLI_API_TOKENS": ",".join(f"booking={TOKENS[number]}" for number in numbers),
        "PAYCLI_STRIPE_API_KEY": KEYS[numbers[0]],
    }


class Credentials:
    """What Stripe signs with and what callers send; three of each are used in turn.

    Attributes:
        current: The number of the secret, token and key in use.
        signing: The secrets that Stripe signs with, two of them during an overlap.
        token: The token that callers send.
    """

    def __init__(self) -> None:
        self.current = 0
        self.signing: tuple[str, ...] = SECRETS[:1]
        self.token = TOKENS[0]

    @property
    def following(self) -> int:
        """The number of the next secret, token and key."""
        return (self.current + 1) % len(SECRETS)

    @property
    def previous(self) -> int:
        """The number of those that were in use before."""
        return (self.current - 1) % len(SECRETS)

    def sign(self, body: bytes) -> str:
        """Return the header Stripe-Signature of a webhook that is sent now."""
        return rolled_signature(body, self.signing)

    def roll(self) -> None:
        """Begin the overlap: Stripe signs with both secrets, callers send the new token."""
        old, self.current = self.current, self.following
        self.signing = (SECRETS[self.current], SECRETS[old])
        self.token = TOKENS[self.current]

    def end_overlap(self) -> None:
        """Let Stripe sign with the new secret only."""
        self.signing = (SECRETS[self.current],)
