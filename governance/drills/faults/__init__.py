"""Known-good and planted courses, one a file, each with the constant `FAULT`; there is no list to edit."""
