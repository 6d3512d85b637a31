"""Whether all that the daemon needs is set, and looks right."""

from collections.abc import Iterator, Mapping, Sequence

from paycli.ops.doctor.check import Check, Part, State

_SECRET_LENGTH = 20


def examine_settings(problems: Mapping[str, str], mode: str | None) -> Iterator[Check]:
    """Judges the settings: `problems` by setting; the key's `mode`, None without a key."""
    for name, detail in problems.items():
        check = f"settings.{name.removeprefix('PAYCLI_').lower()}"
        yield Check(check, Part.SETTINGS, State.FAILED, f"{name}: {detail}", f"set {name}")
    if not problems:
        yield Check("settings", Part.SETTINGS, State.OK, "all that the daemon needs is set")
    if mode is not None:
        yield Check("settings.mode", Part.SETTINGS, State.OK, f"the key is a {mode} key")


def examine_secrets(values: Sequence[str]) -> Check:
    """Judges the shape of the signing secrets, without telling any of them."""
    short = [n for n, it in enumerate(values, start=1) if len(it) < _SECRET_LENGTH]
    odd = [n for n, it in enumerate(values, start=1) if not (it.isascii() and it.isprintable())]
    if short or odd:
        which = ", ".join(map(str, sorted({*short, *odd})))
        return Check(
            "settings.webhook_secrets_shape",
            Part.SETTINGS,
            State.WARNING,
            f"signing secret number {which} is shorter than Stripe's, or has odd characters",
            "copy it whole: Stripe Dashboard, Webhooks, the endpoint, Signing secret",
        )
    said = f"signing secrets: {len(values)}, each in the shape of Stripe's"
    return Check("settings.webhook_secrets_shape", Part.SETTINGS, State.OK, said)
