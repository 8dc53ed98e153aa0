"""One file per signal, each with one constant, SIGNAL."""
