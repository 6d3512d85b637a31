"""Batches have all items in order, and a bounded size."""

from hypothesis import given
from hypothesis import strategies as st

from paycli.ops.batching import batched


@given(items=st.lists(st.integers()), batch_size=st.integers(1, 5))
def test_batches_have_every_item_once_in_order(items: list[int], batch_size: int) -> None:
    """No item is lost or duplicated, the order is kept, and no batch is empty or too large."""
    batches = list(batched(items, batch_size))
    assert [item for batch in batches for item in batch] == items
    assert all(0 < len(batch) <= batch_size for batch in batches)
