"""How fast the service is, beside what others would write, on one machine in one run."""
