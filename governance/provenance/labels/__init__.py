"""What a person says of a row's origin: asked in a queue, recorded as a label, and held against every batch that brings the row."""
