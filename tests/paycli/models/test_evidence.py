"""The limits of evidence, which are Stripe's."""

import pytest

from harness.stripe_schema import evidence_lengths
from paycli.errors import FieldsInvalid
from paycli.models import Evidence


def test_the_fields_are_stripes_texts_with_its_lengths() -> None:
    """Each text of Stripe's document, and nothing else, can be as long as there, not longer."""
    lengths = evidence_lengths()
    assert set(Evidence.model_fields) == set(lengths)
    assert set(lengths.values()) == {5_000, 20_000}
    for name, length in lengths.items():
        assert Evidence.from_fields({name: "ü" * length}).texts == {name: "ü" * length}
        with pytest.raises(FieldsInvalid, match=f"#/{name}: "):
            Evidence.from_fields({name: "ü" * (length + 1)})


def test_all_texts_together_are_limited() -> None:
    """150,000 characters fit, and one more does not: https://docs.stripe.com/api/disputes/update."""
    long = [name for name, length in evidence_lengths().items() if length == 20_000]
    fields = dict.fromkeys(long[:7], "x" * 20_000) | {long[7]: "x" * 10_000}
    assert len(Evidence.from_fields(fields).texts) == 8
    with pytest.raises(FieldsInvalid, match="150000"):
        Evidence.from_fields({**fields, "customer_name": "x"})


def test_a_text_is_in_no_representation() -> None:
    """The control is the JSON, which has it."""
    evidence = Evidence.from_fields(dict.fromkeys(evidence_lengths(), "cAnArY"))
    assert "cAnArY" not in f"{evidence!r} {evidence}"
    assert "cAnArY" in evidence.model_dump_json()
