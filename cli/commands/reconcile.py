"""`heirloom reconcile`: the registry's page shows what the ledger says, never the other way round."""

from dataclasses import asdict

from cli.options import Common
from cli.outcome import Outcome, plain


def command(*, dry_run: bool = False, common: Common | None = None) -> Outcome:
    """Mend every alias, tag, serving pointer and registry copy that differs from the ledger.

    Parameters
    ----------
    dry_run
        Report, and change nothing.
    """
    from cli.shop import shop_of
    from flows.finish import release_desk
    from governance.actions.reconcile import reconcile

    outcome = reconcile(release_desk(shop_of(common)), dry_run=dry_run)
    verb = "Would mend" if dry_run else "Mended"
    lines = [f"{verb} {plain(m.view)}: {plain(m.found or 'missing')} -> {plain(m.wanted or 'removed')}" for m in outcome.mended]
    lines += [f"{verb} the serving pointer."] if outcome.pointer else []
    lines += [f"{verb} the registry's copy of version {version}." for version in outcome.copies]
    lines += [
        f"Version {version} was deleted in the registry: it is kept here, and can be shown there no more." for version in outcome.gone
    ]
    document = {**asdict(outcome)}
    return Outcome(command="reconcile", lines=lines or ["Every view shows what the ledger says."], document=document)
