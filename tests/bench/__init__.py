"""Benchmarks: the service compared with implementations on other stacks, in the same run."""
