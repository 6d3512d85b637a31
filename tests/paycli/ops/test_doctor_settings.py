"""What the doctor finds in the settings of callers."""

import pytest

from paycli.ops.doctor import CheckState, examine_callers
from paycli.permissions import Permissions

LIMITED = Permissions(scopes=frozenset())


@pytest.mark.parametrize(
    ("callers", "limited", "unlimited"),
    [
        (["booking", "support"], {"booking"}, "support"),
        (["booking", None], {"booking"}, "a token without a name"),
        (["b", "a", None, "b"], {"c"}, "a, b, a token without a name"),
        (["booking", "booking"], {"booking"}, None),
        (["booking", "support"], {"booking", "support"}, None),
    ],
)
def test_callers_that_may_do_everything_beside_limited_ones_are_named(
    callers: list[str | None], limited: set[str], unlimited: str | None
) -> None:
    """Each by its name, once; with the setting that limits them."""
    check = examine_callers(callers, dict.fromkeys(limited, LIMITED))
    assert check is not None
    if unlimited is None:
        assert (check.state, check.repair) == (CheckState.OK, None)
    else:
        assert check.state == CheckState.WARNING
        assert check.detail == f"may do everything: {unlimited}"
        assert check.repair
        assert "PAYCLI_API_SCOPES" in check.repair


def test_without_limits_there_is_nothing_to_report() -> None:
    """An installation that limits none has chosen so."""
    assert examine_callers(["booking", None], {}) is None
