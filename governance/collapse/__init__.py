"""What a model still says, and how surely: evidence, metrics, intervals, report."""
