"""Where kernels run: this machine, or a Ray cluster."""
