"""Places that keep signed checkpoints of the ledger, one kind a file."""
