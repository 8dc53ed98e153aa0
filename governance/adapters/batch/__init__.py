"""Readers of foreign files, one format per file, and the door that rows come in through."""
