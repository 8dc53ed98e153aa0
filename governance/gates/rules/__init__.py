"""One gate a file, each with the constant `GATE`; there is no list to edit."""
