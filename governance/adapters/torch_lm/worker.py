"""One rank of a training that torchrun started: `python -m governance.adapters.torch_lm.worker FOLDER`."""

import os
import sys
from pathlib import Path

from governance.adapters.torch_lm.processes import CURVE, JOB, curve_document, error_document, job_of
from governance.adapters.torch_lm.training import train_here
from governance.digest import read_document, write_document
from governance.errors import GovernanceError


def work(place: Path, rank: int) -> int:
    """Train this rank's part; rank 0 leaves the curve, and a rank that stops leaves its reason. Returns the exit code."""
    try:
        curve = train_here(job_of(read_document(place / JOB)))
    except GovernanceError as error:
        write_document(place / f"error-{rank}.json", error_document(error))
        return 1
    if rank == 0:
        write_document(place / CURVE, curve_document(curve))
    return 0


if __name__ == "__main__":
    code = work(Path(sys.argv[1]), int(os.environ["RANK"]))
    from torch import distributed

    if code == 0 and distributed.is_initialized():
        distributed.destroy_process_group()
    sys.exit(code)
