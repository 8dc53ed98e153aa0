"""Trainers: one file each, with the constant `TRAINER`."""
