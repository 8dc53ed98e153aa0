"""Planted faults, and how often the shipped gate sees them."""
