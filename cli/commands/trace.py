"""`heirloom trace`: what a release comes from, or what comes from it."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.trace import Ancestor, Author, Mixed
    from governance.release.descendants import Descendants
    from governance.release.state import State

CHAIN_SHOWN = 4
NOT_KEPT = "not kept"


def command(model: str, *, tree: bool = False, descendants: bool = False, common: Common | None = None) -> Outcome:
    """Show where a release comes from: weights, rows and who wrote them, anchors, and what of it was recalled.

    Parameters
    ----------
    model
        A version, the line's name (its champion), champion, previous, pre-synthetic, baseline, best-ever, or 12 digits of a digest.
    tree
        Draw it as a tree.
    descendants
        Show what comes from it instead.
    """
    from cli.shop import shop_of
    from flows.trace import trace, version_of
    from governance.release.descendants import descendants_of

    shop = shop_of(common)
    state = shop.ledger.state()
    line = state.model or shop.policy.line.model
    version = version_of(state, line, model)
    found = descendants_of(state, version)
    if descendants:
        document = {"model": line, "version": version, "descendants": asdict(found)}
        return Outcome(command="trace", lines=descendant_lines(found, state, line), document=document)
    ancestors = trace(shop, version)
    document = {"model": line, "version": version, "ancestors": [asdict(one) for one in ancestors], "descendants": asdict(found)}
    return Outcome(command="trace", lines=(tree_lines if tree else table_lines)(ancestors, line), document=document)


def table_lines(ancestors: "Sequence[Ancestor]", line: str) -> list[str]:
    """A line for each release on the way, and for the release itself what it was trained on."""
    own = ancestors[0]
    rows = [f" {'release':>8}  {'depth':>5}  {'synthetic':<18}  {'starts from':<18}  {'status':<12}"]
    for one in ancestors:
        start = _start_words(one, line)
        status = _status_words(one)
        rows.append(f" {one.version:>8}  {one.depth:>5}  {_share(one):<18}  {start:<18}  {status}")
    return [
        f"{plain(line)}/{own.version}  {_head_words(own)}",
        *rows,
        *(f" {words}" for words in _made_of(own)),
        f"Next: heirloom trace {own.version} --tree",
    ]


def tree_lines(ancestors: "Sequence[Ancestor]", line: str) -> list[str]:
    """The release, under it the chain of weights, the mix with who wrote its rows, and the anchors."""
    own, by_version = ancestors[0], {one.version: one for one in ancestors}
    branches = [_chain(own, by_version, line)] if own.start is not None else [[_start_words(own, line)]]
    mix, *writers = _made_of(own)
    branches.append([mix, *(f"└─ {words}" if words is writers[-1] else f"├─ {words}" for words in writers)])
    if own.anchors:
        branches.append([_anchor_words(own)])
    lines = [f"{plain(line)}/{own.version}  {_head_words(own)}"]
    for branch in branches:
        last = branch is branches[-1]
        lines.append(f"{'└─' if last else '├─'} {branch[0]}")
        lines += [f"{'  ' if last else '│ '} {words}" for words in branch[1:]]
    return lines


def descendant_lines(found: "Descendants", state: "State", line: str) -> list[str]:
    """What comes from a release, as a tree downwards."""
    release = state.releases[found.version]
    barred = f" (quarantined, ledger {release.quarantined_seq})" if release.quarantined else ""
    lines = [f"{plain(line)}/{found.version}{barred}"]
    for one in found.releases:
        by = "its weights" if one.by == "weights" else "rows that it wrote"
        through = f"from {one.parent} by {by}" + ("" if one.recorded else ", as far as an older version wrote it down: perhaps")
        lines.append(f"├─ release {one.version}  {through}{_now(state, one.version)}")
    for kept in found.kept:
        of = f"release {kept.version}" if kept.version else "a cycle without a release"
        lines.append(f"├─ {kept.rows:,} of the kept rows of {of}  {kept.rows_sha256[:12]}")
    lines += [f"├─ batch {plain(batch.batch)}  {batch.rows:,} rows, ledger {batch.seq}" for batch in found.batches]
    if len(lines) == 1:
        return [*lines, "└─ nothing of this line is known to come from it"]
    return [*lines[:-1], f"└─{lines[-1][2:]}"]


def _now(state: "State", version: int) -> str:
    release = state.releases[version]
    if version == state.champion:
        return ", champion"
    return ", quarantined" if release.quarantined else ", waiting" if release.waiting else ", released" if release.promoted else ""


def _chain(own: "Ancestor", by_version: "dict[int, Ancestor]", line: str) -> list[str]:
    """The releases whose weights were handed on, nearest first, each below the other; of a long chain the middle is counted."""
    chain: list[Ancestor] = []
    start = own.start
    while start is not None and by_version[start] not in chain:
        chain.append(by_version[start])
        start = by_version[start].start
    words = [f"{plain(line)}/{one.version}  {_head_words(one)}" for one in chain]
    if len(words) > CHAIN_SHOWN:
        words = [words[0], f"… {len(words) - 2} releases", words[-1]]
    words = [*words, _start_words(chain[-1], line)]
    first = "" if own.start_recorded else "perhaps "
    return [f"{first}{words[0]}", *(f"{'   ' * number}└─ {said}" for number, said in enumerate(words[1:]))]


def _start_words(one: "Ancestor", line: str) -> str:
    if one.kind == "adopted":
        return "adopted: what it learnt before is not counted here"
    if one.start is None:
        return "fresh weights"
    return f"{plain(line)}/{one.start}" + ("" if one.start_recorded else f" ({NOT_KEPT}: perhaps)")


def _head_words(one: "Ancestor") -> str:
    return f"depth {one.depth}, {_status_words(one)}"


def _status_words(one: "Ancestor") -> str:
    words = [one.status + (f" (ledger {one.quarantined_seq})" if one.quarantined_seq else "")]
    words += ["pre-synthetic"] if one.pre_synthetic else []
    if one.descends_from:
        words.append(f"descends from {one.descends_from[-1]}, which was recalled")
    return ", ".join(words)


def _share(one: "Ancestor") -> str:
    from governance.provenance.descent_words import share_words

    return share_words(one.share)


def _made_of(one: "Ancestor") -> list[str]:
    """The mix in shares, then a line for each author of its synthetic rows."""
    if one.mix is None:
        return [
            "what it was trained on: "
            + ("nobody here saw" if one.kind == "adopted" else f"{NOT_KEPT} (the documents of cycle {one.cycle})")
        ]
    return [_mix_words(one.mix), *(_author_words(author) for author in one.mix.authors)]


def _mix_words(mix: "Mixed") -> str:
    from cli.shop import percent

    whole = sum(mix.tokens.values())
    shares = [f"{percent(mix.tokens['human'], whole)} human"]
    if mix.origins is None:
        shares.append(f"{percent(mix.tokens['synthetic'], whole)} synthetic (model and hybrid apart: {NOT_KEPT})")
    else:
        shares += [f"{percent(tokens, whole)} {origin}" for origin, tokens in mix.origins.items() if origin != "human"]
    return f"mix {mix.root[:8]}…  {' · '.join([*shares, percent(mix.tokens['anchor'], whole) + ' anchors'])}"


def _author_words(author: "Author") -> str:
    from cli.shop import when

    amount = f"{author.tokens:,} tokens" if author.rows is None else f"{author.rows:,} rows"
    words = f"{amount} by {plain(author.name)}"
    if author.release is not None:
        return f"{words}, release {author.release} of this line"
    if author.teacher is None:
        return f"{words}, no pinned teacher: what it learnt from is unknown"
    return f"{words} (teacher, pinned since {when(author.teacher.at)[:10]}); what it learnt from: {NOT_KEPT}"


def _anchor_words(one: "Ancestor") -> str:
    if one.anchors is None:
        return f"anchors: {NOT_KEPT}"
    cycles = f"{one.anchors.cycles} cycle{'' if one.anchors.cycles == 1 else 's'}"
    return f"anchors {one.anchors.digest[:8]}…  unchanged for {cycles}"
