"""The six steps of a cycle: file -> file, repeatable, cached by DVC."""
