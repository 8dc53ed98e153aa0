"""How the approval of a version stands, in words and for programs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cli.outcome import plain

if TYPE_CHECKING:
    from governance.actions.hearing import Poll
    from governance.release.state import Release
    from governance.wiring import Shop


def poll_of(shop: "Shop", release: "Release") -> "Poll | None":
    """How the approval of a version stands; None where the policy itself is the approver."""
    from flows.approvals import poll_of as polled

    return polled(shop, release)


def poll_lines(found: "Poll | None") -> Sequence[str]:
    """Every yes with what it is worth now, then who may give one, who may not, and what nobody knows."""
    if found is None:
        return []
    lines = [f" Approvals: {found.counted} of {found.needed}", *(f"   {plain(one.sentence)}" for one in found.weighed)]
    lines.append(f" May approve: {plain(', '.join(found.electors)) or 'whoever is not named below'}")
    lines += [f" May not: {plain(one.name)}, who {plain(one.why)} (policy {one.setting})" for one in found.excluded]
    if not found.committer.names:
        lines.append(f" Who committed the policy is {plain(found.committer.shown)}: nobody is kept out by it")
    if not found.labellers_known:
        lines.append(" Who labelled its rows is not known, it was registered by an older version: nobody is kept out by it")
    return lines


def waiting_lines(version: int, found: "Poll | None", width: int) -> Sequence[str]:
    """A waiting version for `heirloom status`, and the approvals of it that do not count."""
    name = " waiting".ljust(width)
    if found is None:
        return [f"{name}version {version}: heirloom review {version}"]
    doubtful = [f"{' ' * width}{plain(one.sentence)}" for one in found.weighed if one.doubt]
    return [f"{name}version {version}, {found.counted} of {found.needed} approvals: heirloom review {version}", *doubtful]


def poll_document(found: "Poll | None") -> Mapping[str, Any]:
    """The same for programs."""
    if found is None:
        return {"approvals": None}
    given = [{"by": w.approval.by, "ledger_seq": w.approval.seq, "counts": not w.doubt, "doubt": w.doubt} for w in found.weighed]
    barred = [{"name": one.name, "why": one.why, "setting": one.setting} for one in found.excluded]
    counts = {"needed": found.needed, "counted": found.counted, "given": given}
    return {"approvals": {**counts, "electors": list(found.electors), "excluded": barred, "policy_committer": found.committer.shown}}
