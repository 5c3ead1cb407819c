"""What is true and what should happen: frozen data and pure functions."""
