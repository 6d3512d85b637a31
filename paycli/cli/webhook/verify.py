"""`paycli webhook verify`: whether a signature holds, and if not, why."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from paycli.cli import output
from paycli.cli.explained import exits
from paycli.cli.settings_options import with_settings
from paycli.cli.webhook.payload import At, now, read
from paycli.settings import WebhookSettings
from paycli.webhooks import signature

_SIGNATURE_EXIT_CODE = 6


@exits(3, 6)
@with_settings
def verify(
    payload: Annotated[
        str,
        typer.Argument(
            help="The body as a file, or - for standard input; without --signature a saved request."
        ),
    ],
    *,
    signature_header: Annotated[
        str | None, typer.Option("--signature", help="The value of the header Stripe-Signature.")
    ] = None,
    at: At = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Look for the reason why no signature fits.")
    ] = False,
    how: output.Output = None,
    json: output.Json = False,
    webhook: WebhookSettings,
) -> None:
    """Says whether a signature holds, and if not, why.

    Examples:
        paycli webhook verify body.json --signature "$(cat header.txt)"
        paycli webhook verify body.json --signature "$(cat header.txt)" --explain
        paycli webhook verify request.txt --at 2026-01-31T12:00:00Z
    """
    format_ = output.chosen(how, json)
    moment = now(at)
    body = read(payload)
    if signature_header is None:
        from paycli.webhooks import saved_request  # most come with their header

        saved = saved_request.read(body)
        body, signature_header = saved.body, saved.signature
    verdict = _explained if explain else _verdict
    told = verdict(body, signature_header, webhook, moment)
    output.print_one(told, format_)
    if not told["valid"]:
        raise typer.Exit(_SIGNATURE_EXIT_CODE)


def _verdict(body: bytes, header: str | None, webhook: WebhookSettings, now: float) -> output.Row:
    try:
        signed_at = signature.verify(
            body,
            header,
            webhook.secret_values(),
            now=now,
            tolerance_seconds=webhook.tolerance_seconds,
        )
    except signature.SignatureInvalid as error:
        return {"valid": False, "cause": error.cause.value, "detail": error.detail}
    detail = f"signed {now - signed_at:.0f} s ago; {len(body)} bytes"
    return {"valid": True, "cause": None, "detail": detail}


def _explained(body: bytes, header: str | None, webhook: WebhookSettings, now: float) -> output.Row:
    from paycli.webhooks import diagnose

    verdict = diagnose.diagnose(
        body,
        header,
        webhook.secret_values(),
        others=_not_in_force(),
        now=now,
        tolerance_seconds=webhook.tolerance_seconds,
    )
    return {
        "valid": verdict.cause is None,
        "cause": verdict.cause,
        "diagnosis": verdict.diagnosis,
        "detail": verdict.detail,
    }


def _not_in_force() -> Mapping[str, Sequence[str]]:
    """Secrets that are set where something stronger is set too, by their place."""
    from paycli.settings.reader import SettingsSources, other_names, setting_fields

    name, field = next(setting_fields(WebhookSettings))
    found = SettingsSources().find_all([name, *other_names(field)])
    return {
        each.source: [secret for part in each.text.split(",") if (secret := part.strip())]
        for each in found
    }
