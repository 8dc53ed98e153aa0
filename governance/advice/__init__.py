"""What numbers say that decide nothing: proposals for the next policy, a decision table, a shadow reading."""
