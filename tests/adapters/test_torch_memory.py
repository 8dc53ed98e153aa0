"""Large blocks stay with the process: the second one costs no fresh pages. Seen from outside, in a process of its own."""

import platform
import subprocess
import sys

import pytest

ASK = """
import resource, torch
from governance.adapters.torch_lm.memory import keep_large_blocks
if {keep}:
    keep_large_blocks()
def block():
    return torch.ones(16 << 20, dtype=torch.float32)  # 64 MiB: 16,384 pages of 4 KiB
block()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
block()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def fresh_pages(*, keep: bool) -> int:
    done = subprocess.run([sys.executable, "-c", ASK.format(keep=keep)], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc is told what to keep")
def test_a_second_large_block_takes_the_pages_of_the_first() -> None:
    assert fresh_pages(keep=True) < 100
    assert fresh_pages(keep=False) > 1_000, "and without it the kernel gives them anew"
