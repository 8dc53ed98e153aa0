"""Ours and a named peer, in turn, in one run, as ratios; a figure counts only beside its quality."""
