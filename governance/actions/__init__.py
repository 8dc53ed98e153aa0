"""What changes the world: ledgered, killable at any point, idempotent by digest."""
