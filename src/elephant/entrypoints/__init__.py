"""Where the world calls in."""
