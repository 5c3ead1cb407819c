"""The ports on plain data structures, for tests and the simulator."""
