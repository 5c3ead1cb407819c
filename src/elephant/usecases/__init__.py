"""One module for each thing that happens."""
