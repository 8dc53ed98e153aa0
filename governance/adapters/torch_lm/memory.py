"""What the allocator keeps: a step asks for the same large blocks as the step before it."""

import ctypes
import platform

# Names and numbers of glibc's malloc.h. A parameter that is set by hand is no longer moved by the allocator itself.
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4
_KEPT_BYTES = 1 << 30


def keep_large_blocks() -> None:
    """Let glibc serve large blocks from memory that the process already has, up to 1 GiB of it; elsewhere nothing is done.

    By default each block above 32 MiB is mapped anew, and the kernel clears its pages: the logits of one batch, several times a step.
    Kept, a training step takes 0.6 of the time (benchmarks/process.py). No number that is computed changes.
    """
    if platform.libc_ver()[0] == "glibc":
        allocator = ctypes.CDLL(None)
        allocator.mallopt(_M_MMAP_MAX, 0)
        allocator.mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)
