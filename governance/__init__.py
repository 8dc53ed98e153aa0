"""Heirloom: language models are retrained under governance, so that the tails of their distribution stay alive."""
