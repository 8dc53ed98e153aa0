"""Sources of rows, one per file: `SOURCE` (see governance.ports.source)."""
