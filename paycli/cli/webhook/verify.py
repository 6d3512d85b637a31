"""`paycli webhook verify`."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import typer

from paycli.cli.exit_codes import SIGNATURE_INVALID, exits
from paycli.cli.output import CommandResult, prints_result
from paycli.cli.settings_options import with_settings
from paycli.cli.tables import Row
from paycli.cli.webhook.payload import At, parse_at, read_payload
from paycli.settings import WebhookSettings
from paycli.webhooks import signature


@exits(3, 6)
@with_settings
@prints_result
def verify(
    payload: Annotated[
        str,
        typer.Argument(
            help="The request body: a file, or - for standard input. Without --signature: a saved "
            "request with its headers."
        ),
    ],
    *,
    signature_header: Annotated[
        str | None, typer.Option("--signature", help="Value of the Stripe-Signature header.")
    ] = None,
    at: At = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Diagnose why no signature matches.")
    ] = False,
    webhook: WebhookSettings,
) -> CommandResult:
    """Verify the signature of a webhook.

    Examples:
        paycli webhook verify body.json --signature "$(cat header.txt)"
        paycli webhook verify body.json --signature "$(cat header.txt)" --explain
        paycli webhook verify request.txt --at 2026-01-31T12:00:00Z
    """
    now = parse_at(at)
    body = read_payload(payload)
    if signature_header is None:
        from paycli.webhooks import saved_request  # rarely used

        request = saved_request.read(body)
        body, signature_header = request.body, request.signature
    verdict = (_diagnose if explain else _verify)(body, signature_header, webhook, now)
    return CommandResult(verdict, exit_code=0 if verdict["valid"] else SIGNATURE_INVALID)


def _verify(body: bytes, header: str | None, webhook: WebhookSettings, now: float) -> Row:
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


def _diagnose(body: bytes, header: str | None, webhook: WebhookSettings, now: float) -> Row:
    from paycli.webhooks import diagnose

    verdict = diagnose.diagnose(
        body,
        header,
        webhook.secret_values(),
        others=_secrets_by_source(),
        now=now,
        tolerance_seconds=webhook.tolerance_seconds,
    )
    return {
        "valid": verdict.cause is None,
        "cause": verdict.cause,
        "diagnosis": verdict.diagnosis,
        "detail": verdict.detail,
    }


def _secrets_by_source() -> Mapping[str, Sequence[str]]:
    """Returns the secrets of all sources, also those that a stronger source overrides."""
    from paycli.settings.reader import SettingsSources, other_names, setting_fields

    name, field = next(setting_fields(WebhookSettings))
    settings = SettingsSources().find_all([name, *other_names(field)])
    return {
        setting.source: [secret for part in setting.text.split(",") if (secret := part.strip())]
        for setting in settings
    }
