"""A long run with a mixed load, in which secrets are rolled and a resource that leaks shows."""
