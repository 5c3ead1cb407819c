"""Addresses as DNS records: one adapter per provider, each over the port Zone."""
