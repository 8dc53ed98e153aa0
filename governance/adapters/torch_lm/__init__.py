"""A small decoder on torch and transformers: found, train, score, sample. Imported only where a model is at work."""
