"""Commands for engineers that need the libraries of AWS; the `elephant` command imports them when they are used."""
