"""Options and arguments that several commands have."""

from typing import Annotated

import typer

PaymentId = Annotated[str, typer.Argument(help="The payment: pi_… or cs_…")]
CustomerId = Annotated[str, typer.Argument(help="The customer: cus_…")]
PayoutId = Annotated[str, typer.Argument(help="The payout: po_…")]
Account = Annotated[
    str | None, typer.Option(help="Act for this connected account, acct_…, instead of our own.")
]
Reference = Annotated[str | None, typer.Option(help="Only with this reference.")]
Limit = Annotated[int, typer.Option(help="At most this number of results, up to 100.")]
Cursor = Annotated[
    str | None, typer.Option(help="Continue a list: the cursor printed after the previous page.")
]
