"""Certificates from any authority that speaks ACME (RFC 8555)."""
