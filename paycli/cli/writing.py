"""What commands that change something at Stripe share: consent, amounts, idempotency keys."""

import uuid
from typing import Annotated

import typer

from paycli import money
from paycli.cli import output
from paycli.models import WriteResult
from paycli.models.payments import Payment
from paycli.models.refunds import Refund
from paycli.settings import StripeSettings

Key = Annotated[
    str | None, typer.Option(help="The same key does its work only once; made if not given.")
]
Live = Annotated[bool, typer.Option("--live", help="Needed with a live key.")]
Account = Annotated[
    str | None, typer.Option(help="acct_… of a connected account that this is about.")
]
AmountMinor = Annotated[
    int | None, typer.Option(help="In Stripe's unit instead: 2000 is 20.00 eur.")
]


def check_consent(stripe: StripeSettings, live: bool) -> None:  # noqa: FBT001  (a flag's value)
    """Raises BadParameter if real money would move without a word."""
    if stripe.livemode and not live:
        raise typer.BadParameter("this is a live key: real money. Add --live if you mean it")


def given_or_made(key: str | None) -> str:
    """The idempotency key; one that is made is told before the call, so that it can be repeated."""
    if key is not None:
        return key
    made = f"paycli-{uuid.uuid4()}"
    output.say(f"idempotency key: {made} (give it again to repeat this safely)")
    return made


def in_stripes_unit(amount: str, code: str) -> int:
    """The amount that people wrote, told in Stripe's unit too. Raises BadParameter."""
    try:
        currency = money.currency(code)
        minor = money.parse_amount(amount, currency)
    except (money.UnknownCurrency, money.WrongAmount) as error:
        raise typer.BadParameter(str(error)) from error
    output.say(f"{money.format_amount(minor, currency)} is {minor} in Stripe's unit")
    return minor


def key_and_value(item: str) -> tuple[str, str]:
    """`KEY=VALUE` apart. Raises BadParameter."""
    key, equals, value = item.partition("=")
    if not equals:
        raise typer.BadParameter(f"--metadata takes KEY=VALUE, not {item!r}")
    return key, value


def show(written: WriteResult[Payment] | WriteResult[Refund], how: output.Format) -> None:
    """Prints what was made or changed, and says if an earlier call had done it."""
    if written.replayed:
        output.say("this key was used before: this is what it did, as it was then")
    output.print_one(written.result.model_dump(), how)
