"""What a customer has to do when a card requires 3-D Secure.

https://docs.stripe.com/payments/3d-secure/authentication-flow
"""

from paycli.sandbox.standin.resources.payment_objects import Intent
from paycli.sandbox.standin.store.objects import Json
from paycli.sandbox.standin.store.store import Store


def next_action(store: Store, intent: Intent, return_url: str | None) -> Json:
    """The intent's `next_action`: a redirect; without a `return_url` Stripe.js shows the page."""
    url = f"{store.url}/pay/{intent.id}/authenticate?client_secret={intent.client_secret}"
    if return_url is None:
        return {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
        }
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": return_url, "url": url},
    }
