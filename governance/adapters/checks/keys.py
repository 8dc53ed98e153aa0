"""The platform's key as it is used: it signs and is verified, and the file that everybody verifies with lists it."""

from governance.adapters.checks.check import Check, broken, doubtful, fine
from governance.errors import IntegrityError
from governance.ports.witness import PlatformSeal
from governance.release.platform_key import fingerprint

PROBE = b"heirloom doctor signs this and nothing else"


def check_platform_key(seal: PlatformSeal, *, there: bool) -> Check:
    """Raises: UsageError where the key is gone; IntegrityError where others can read it; DependencyError without OpenSSH."""
    if not there:
        return doubtful("platform key", "there is none yet", "the next act that decides makes it")
    public = seal.public(make=False)
    key = fingerprint(public)
    if doubt := seal.doubt(PROBE, seal.sign(PROBE), public):
        return broken("platform key", f"{key} signs, and nobody can verify it: {doubt}", "heirloom ledger rekey", IntegrityError.exit_code)
    if key not in seal.listed():
        return doubtful("platform key", f"{key} signs, and platform_signers does not list it", "heirloom init writes that file")
    return fine("platform key", f"{key} signs and verifies, platform_signers lists it")
