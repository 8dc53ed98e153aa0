"""A secret in a file: a server's password, mounted where only the service can read it. It goes into no error, no log and no environment."""

import stat
from pathlib import Path

from governance.errors import IntegrityError, UsageError

OTHERS = stat.S_IROTH | stat.S_IWOTH | stat.S_IXOTH | stat.S_IWGRP
"""Bits that a secret's file may not have. A group may read it: that is how Kubernetes hands one to a service that is not root."""


def read_secret(path: Path, *, named: str) -> str:
    """The one line of a secret's file; a last end of line is no part of it. It is read each time, so that it can be changed at any time.

    Raises: UsageError where it cannot be read or is empty; IntegrityError where everybody can read it. Neither says what is in it.
    """
    try:
        mode, content = stat.S_IMODE(path.stat().st_mode), path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot be read", where=str(path), expected=f"the {named}, alone in a file") from error
    if mode & OTHERS:
        raise IntegrityError(f"has mode {mode:o}", where=str(path), expected=f"the {named}, for its owner's eyes", fix=f"chmod 600 {path}")
    secret = content.rstrip("\r\n")
    if not secret or "\n" in secret:
        raise UsageError("is empty or has more lines than one", where=str(path), expected=f"the {named}, alone in a file")
    return secret
