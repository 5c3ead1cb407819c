"""The ports on this one machine: SQLite, processes, files."""
