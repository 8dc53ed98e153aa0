"""When things run: Prefect flows over plain functions; the only place that imports prefect."""
