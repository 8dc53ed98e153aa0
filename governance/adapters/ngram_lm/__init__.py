"""An interpolated trigram model in numpy: it trains in a blink and collapses for real."""
