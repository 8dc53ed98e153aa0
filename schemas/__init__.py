"""Contracts at the door: the row contract, and what is expected of a batch."""
