"""The only places where adapters are chosen and settings read."""
