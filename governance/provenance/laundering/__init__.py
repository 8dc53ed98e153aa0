"""How much of what claims to be human a model wrote: signals, their measured errors, and estimates that say when they cannot tell."""
