"""`heirloom dvc-yaml`: write dvc.yaml from the stage table, or check that it is that."""

from cli.options import Common
from cli.outcome import Outcome


def command(*, check: bool = False, common: Common | None = None) -> Outcome:
    """Write dvc.yaml, and the digest files by which an edit of code reaches DVC.

    Parameters
    ----------
    check
        Change nothing; exit with 4 where dvc.yaml is not what the stage table says.
    """
    from cli.shop import shop_of
    from flows.begin import refresh_code
    from governance.adapters.pipeline_file import rendered
    from governance.digest import write_bytes
    from governance.errors import IntegrityError

    shop = shop_of(common)
    wanted = rendered()
    path = shop.workspace.dvc_yaml
    there = path.read_text() if path.exists() else ""
    if check and there != wanted:
        raise IntegrityError("is not what the stage table says", where="dvc.yaml", fix="heirloom dvc-yaml")
    if check:
        return Outcome(command="dvc-yaml", lines=["dvc.yaml is what the stage table says."], document={"changed": False})
    if there != wanted:
        write_bytes(path, wanted.encode())
    refresh_code(shop)
    words = "dvc.yaml written." if there != wanted else "dvc.yaml was up to date."
    return Outcome(command="dvc-yaml", lines=[f"{words} The stages' code digests are fresh."], document={"changed": there != wanted})
