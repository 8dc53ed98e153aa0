"""Writers of synthetic rows, one per file: `GENERATOR` (see governance.ports.generator)."""
