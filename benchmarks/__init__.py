"""Scripts that measure; each `measure_*.py` prints its own figures (`make bench`)."""
