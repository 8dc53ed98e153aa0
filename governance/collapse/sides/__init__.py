"""Two models side by side, their names hidden: pairs to look at, votes, and what the votes add up to."""
