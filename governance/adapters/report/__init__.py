"""What a reviewer reads of a cycle: one self-contained HTML page, the version's description, and the candidate for the registry."""
