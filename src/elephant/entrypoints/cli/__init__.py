"""The `elephant` command."""
