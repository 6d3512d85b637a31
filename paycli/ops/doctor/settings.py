"""Checks whether all settings of the daemon are present and plausible."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from paycli.ops.doctor.check import CheckState, DoctorCheck, InstallationPart
from paycli.permissions import Permissions

_MIN_SECRET_LENGTH = 20
_REPAIRS = {
    "PAYCLI_KAFKA_SCHEMA_IDS_FILE": "run paycli schemas publish --registry URL --ids-file FILE of "
    "this release, and install the file"
}
"""Of settings that name a file; by default the repair is to set them."""


def examine_settings(problems: Mapping[str, str], mode: str | None) -> Iterator[DoctorCheck]:
    """Reports the problems, by setting, and the mode of the key; None without a valid key."""
    for name, detail in problems.items():
        yield _check(
            f"settings.{name.removeprefix('PAYCLI_').lower()}",
            CheckState.FAILED,
            f"{name}: {detail}",
            _REPAIRS.get(name, f"set {name}"),
        )
    if not problems:
        yield _check("settings", CheckState.OK, "all required settings are set")
    if mode is not None:
        yield _check("settings.mode", CheckState.OK, f"the API key is a {mode} key")


def examine_secrets(secrets: Sequence[str]) -> DoctorCheck:
    """Judges length and characters of the signing secrets, without printing any of them."""
    numbered = list(enumerate(secrets, start=1))
    malformed = [
        number
        for number, secret in numbered
        if len(secret) < _MIN_SECRET_LENGTH or not (secret.isascii() and secret.isprintable())
    ]
    if malformed:
        return _check(
            "settings.webhook_secrets_shape",
            CheckState.WARNING,
            f"signing secret number {', '.join(map(str, malformed))} is shorter than Stripe's, "
            "or has unusual characters",
            "copy it in full: Stripe Dashboard, Webhooks, the endpoint, Signing secret",
        )
    detail = f"signing secrets: {len(secrets)}, all in Stripe's format"
    return _check("settings.webhook_secrets_shape", CheckState.OK, detail)


def examine_callers(
    callers: Iterable[str | None], permissions: Mapping[str, Permissions]
) -> DoctorCheck | None:
    """Reports callers that may do everything although others are limited; None if all may.

    `callers` are their names, None for a token without one.
    """
    if not permissions:
        return None
    names = set(callers)
    unlimited = sorted(names - permissions.keys() - {None}, key=str)
    shown = [*map(str, unlimited), *(["a token without a name"] if None in names else [])]
    if shown:
        return _check(
            "settings.callers",
            CheckState.WARNING,
            f"may do everything: {', '.join(shown)}",
            "limit them in PAYCLI_API_SCOPES, after giving each token a name in PAYCLI_API_TOKENS",
        )
    return _check("settings.callers", CheckState.OK, f"limited callers: {len(permissions)}, all")


def _check(check_id: str, state: CheckState, detail: str, repair: str | None = None) -> DoctorCheck:
    return DoctorCheck(check_id, InstallationPart.SETTINGS, state, detail, repair)
