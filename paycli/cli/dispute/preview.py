"""What is printed on standard error before evidence is submitted, or a dispute accepted."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from paycli.cli.tables import Row, format_amount, list_table

if TYPE_CHECKING:
    from paycli.models import Dispute

MAX_VALUE = 40
"""Characters of a value that are shown."""


def describe(dispute: "Dispute") -> str:
    """Returns the dispute on two lines: what it is about, and until when it takes evidence."""
    amount = format_amount(dispute.amount, dispute.currency)
    due_by = dispute.evidence_due_by
    deadline = "the bank takes no evidence" if due_by is None else f"evidence is due by {due_by}"
    return (
        f"{dispute.id}  {dispute.status}  {amount}  {dispute.reason}  {dispute.payment_id or '-'}\n"
        f"{deadline}; submissions: {dispute.submission_count}"
    )


def evidence_table(dispute: "Dispute", texts: Mapping[str, str], *, with_values: bool) -> str:
    """Returns a line for each field that the bank will get: new texts, and what is at Stripe.

    The values are personal data: only a person on a terminal may see them (`with_values`).
    """
    names = sorted({*dispute.evidence_fields, *texts})
    return list_table([_row(name, texts.get(name), with_values=with_values) for name in names])


def _row(name: str, text: str | None, *, with_values: bool) -> Row:
    if text is None:
        return {"field": name, "characters": "", "value": "(at Stripe)"}
    if not text:
        return {"field": name, "characters": "", "value": "(removed)"}
    shown = " ".join(text.split())
    shown = shown if len(shown) <= MAX_VALUE else f"{shown[:MAX_VALUE]}…"
    return {
        "field": name,
        "characters": len(text),
        "value": shown if with_values else "(not shown)",
    }
