"""The ports on real services, and on memory."""
