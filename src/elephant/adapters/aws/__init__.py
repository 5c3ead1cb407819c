"""Adapters of the aws mode; every one gets its client as an argument and none reads a setting."""
