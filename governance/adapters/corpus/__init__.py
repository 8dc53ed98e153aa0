"""Stores and crawls on disk: which of their files hold text, how each is read, and what is dear to look at in a sample of their rows."""
