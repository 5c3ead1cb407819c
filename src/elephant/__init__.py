"""Elephant: a meeting of two people, each in a fresh remote desktop, and nothing left behind."""
