"""What was decided, and the way back: ledger, state, rules of promotion, targets of rollback. Nothing here touches the world."""
