"""`heirloom review`: the page a reviewer decides from, in the terminal."""

from cli.options import Common
from cli.outcome import Outcome, plain


def command(version: int, *, common: Common | None = None) -> Outcome:
    """Show what a version was trained on, every gate with its number and limit, and who may approve it.

    Parameters
    ----------
    version
        The number of the version.
    """
    from cli.shop import shop_of
    from flows.finish import archive_of
    from governance.digest import read_document
    from governance.errors import RefusedError
    from governance.provenance.descent_words import depth_words, share_words

    shop = shop_of(common)
    release = shop.ledger.state().releases.get(version)
    if release is None:
        known = ", ".join(map(str, shop.ledger.state().releases)) or "none"
        raise RefusedError(f"version {version} is not registered", expected=f"one of {known}")
    folder = archive_of(shop, release.cycle_digest)
    decision, mix = read_document(folder / "decision.json"), read_document(folder / "mix.json")
    descent = release.descent
    lines = [f"Version {version}, cycle {release.cycle}: [bold]{decision['verdict']}[/bold]. {plain(decision['reason'])}"]
    lines += [f"   {g['gate']:<18} {g['against']:<9} {g['verdict']:<13} {plain(g['reason'])}" for g in decision["gates"]]
    lines += [
        f" Trained on {sum(mix['tokens'].values()):,} tokens of this cycle; with its ancestors {share_words(descent.share)} synthetic,"
        f" effectively {share_words(descent.effective_share)}, depth {depth_words(descent)}.",
        f" model {release.checkpoint[:16]}  evidence {release.decision_sha256[:16]}  policy {release.policy_sha256[:16]}",
        f" Report: {folder / 'report.html'}",
    ]
    if release.waiting:
        lines.append(f'Next: heirloom approve {version} --reason "..."   or   heirloom reject {version} --reason "..."')
    document = {"version": version, "decision": decision, "checkpoint": release.checkpoint, "report": str(folder / "report.html")}
    return Outcome(command="review", lines=lines, document=document)
