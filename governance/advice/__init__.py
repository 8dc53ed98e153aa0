"""What the numbers of past cycles say about the next policy: proposals and a decision table, never an act."""
