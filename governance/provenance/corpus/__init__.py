"""What a store or a crawl holds: declared shares by vintage, a bounded sample for what is dear to look at, and what policy makes of it."""
