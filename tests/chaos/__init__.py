"""Fault injection: every acknowledged webhook is persisted, whatever fails meanwhile.

`scripts/chaos` runs it; `tests/chaos_tests` runs it shorter and proves that it detects loss.
"""
