"""The shapes that cross a process border."""
