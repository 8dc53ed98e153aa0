"""Who taught whom: recipe, blocks, batches that keep the caps, and the lineage of a checkpoint."""
