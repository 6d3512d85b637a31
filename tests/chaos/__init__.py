"""Diagnosis under failure: what was acknowledged is persisted, whatever breaks meanwhile.

`scripts/chaos` runs it; `tests/chaos_tests` runs it short, and shows that it notices loss.
"""
