"""One module for each deployed function: parse, one use case, answer."""
