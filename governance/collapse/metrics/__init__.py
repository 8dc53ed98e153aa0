"""One metric a file, each with the constant `METRIC`; there is no list to edit."""
