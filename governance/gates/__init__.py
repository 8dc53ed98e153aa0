"""Good enough? Every gated reading against its margin, and one decision."""
