"""SSH keys for tests, made by the real program."""

import subprocess
from pathlib import Path


def make_key(path: Path) -> Path:
    """A new key without a passphrase; its public half lies beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)], check=True)
    return path


def allow(path: Path, *lines: tuple[str, Path]) -> Path:
    """A file of allowed signers: (name and options, key) a line."""
    path.write_text("".join(f"{words} {key.with_name(f'{key.name}.pub').read_text()}" for words, key in lines))
    return path
