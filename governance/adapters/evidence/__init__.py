"""A release's evidence as one file that others can verify: its tables, its bundle, and the program that verifies it alone."""
