"""Capped mixing: how much of each origin a run may learn from, which rows say nothing new, and the plan that keeps to it."""
