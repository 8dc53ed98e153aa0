"""The six ways to feed a model that is retrained: what each costs this workspace, what its numbers say, what would set it (R64)."""

from dataclasses import dataclass

from governance.advice.course import declining_in_a_row
from governance.advice.facts import Facts
from governance.provenance.rules import REFUSE
from governance.release.rules import REVIEW

IN_FORCE, ADVISED, POSSIBLE, REFUSED, NEVER = "in force", "advised", "possible", "refused", "no remedy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """One row of the table. `settings` are policy settings that realise it; empty where no setting does."""

    name: str
    stance: str
    costs: str
    here: str
    why: str
    settings: tuple[str, ...] = ()


def approaches(facts: Facts) -> tuple[Approach, ...]:
    """All six, in the order of the source's table."""
    return (_human_only(facts), _bootstrap(facts), _self_training(facts), _anchors_and_cap(facts), _bigger(facts), _retrieval(facts))


def declining(facts: Facts) -> str:
    """The last cycle's declines in words; empty where there are none."""
    cycles = declining_in_a_row([cycle for cycle in facts.history if cycle.measured])
    return "; ".join(decline.sentence() for decline in cycles[-1].declines) if cycles else ""


def _human_only(facts: Facts) -> Approach:
    batch = facts.batch
    rows = batch.human_rows_for(batch.synthetic_tokens) if batch else None
    if batch is None:
        costs, here = "not known before a batch was planned", "no batch was planned yet"
    elif not batch.synthetic_tokens:
        costs, here = "nothing more than now", f"cycle {batch.cycle} holds no synthetic text already"
    else:
        costs = f"{batch.synthetic_tokens:,} tokens of human text instead, about {rows or 0:,} rows, {facts.hours(rows)}"
        here = f"cycle {batch.cycle} has {batch.human_tokens:,} human tokens in {batch.human_rows:,} rows"
    human = batch is not None and not batch.synthetic_tokens
    lost = declining(facts)
    return Approach(
        name="human only",
        stance=IN_FORCE if human else ADVISED if lost else POSSIBLE,
        costs=costs,
        here=f"{here}; {lost}" if lost else here,
        why="fresh human text is what stops a decline; a cap alone slows it",
        settings=('mixing.other_generators = "refuse"', 'mixing.self_generated = "refuse"', "no line in [mixing.teachers]"),
    )


def _bootstrap(facts: Facts) -> Approach:
    batch = facts.batch
    rows = batch.synthetic_rows if batch else None
    read = f"people read {rows:,} synthetic rows, {facts.hours(rows)}" if rows is not None else "people read every synthetic row"
    tasks = ", ".join(facts.mixing.synthetic_tasks) or "every task"
    reviewed = facts.promotion == REVIEW and bool(facts.mixing.synthetic_tasks)
    return Approach(
        name="bootstrap and review",
        stance=IN_FORCE if reviewed else POSSIBLE,
        costs=read,
        here=f"synthetic rows may teach {tasks}; promotion is {facts.promotion!r}",
        why="a frozen teacher writes where people have written little, for named tasks, and people read before it is trained on",
        settings=('promotion.mode = "review"', 'mixing.synthetic_tasks = ["..."]'),
    )


def _self_training(facts: Facts) -> Approach:
    refused = facts.mixing.self_generated == REFUSE
    depth = facts.champion.depth + 1 if facts.champion else 1
    return Approach(
        name="self-training",
        stance=REFUSED if refused else IN_FORCE,
        costs="no human text now; tails that only human text brings back later",
        here=f"its own text would be {depth} model{'s' if depth > 1 else ''} deep",
        why="a model that learns from its own text learns its own mode; only rejection sampling against human or gold labels breaks that",
        settings=('mixing.self_generated = "refuse"',) if not refused else (),
    )


def _anchors_and_cap(facts: Facts) -> Approach:
    cap, anchors, batch = facts.mixing.synthetic_cap_percent, facts.mixing.anchor_percent, facts.batch
    lost = declining(facts)
    if batch is None:
        costs, here = f"{anchors} % of every batch are anchors", "no batch was planned yet"
    else:
        costs = f"{batch.anchor_tokens:,} anchor tokens, shown {batch.anchor_repeats / 100:.2f} times"
        kept = f", {batch.held_back:,} tokens kept out by caps" if batch.held_back else ""
        here = f"{_share(batch.synthetic_tokens, batch.human_tokens)} of {cap} %, room for {batch.headroom_tokens:,} tokens{kept}"
    return Approach(
        name="anchors and cap",
        stance=IN_FORCE,
        costs=costs,
        here=f"{here}; it did not hold: {lost}" if lost else here,
        why="keeps a known share of human text in every batch; it slows a decline and does not stop it"
        if lost
        else "keeps a known share of human text in every batch",
        settings=(f"mixing.synthetic_cap_percent = {cap}", f"mixing.anchor_percent = {anchors}"),
    )


def _bigger(facts: Facts) -> Approach:
    total = (
        f"{facts.champion.total_tokens:,} tokens trained again"
        if facts.champion and facts.champion.total_tokens
        else "every token trained again"
    )
    return Approach(
        name="bigger model",
        stance=NEVER,
        costs=total,
        here="no gate asks how large a model is",
        why="size hides collapse for longer and is never a reason to relax a gate",
    )


def _retrieval(facts: Facts) -> Approach:
    batch = facts.batch
    here = "no batch was audited yet"
    if batch is not None and batch.unknown_vintage is not None and batch.admitted:
        here = f"{_share(batch.unknown_vintage, batch.admitted - batch.unknown_vintage)} of the last batch's rows have no known vintage"
    return Approach(
        name="retrieval (RAG)",
        stance=POSSIBLE,
        costs="no training; a store to keep clean",
        here=here,
        why="brings facts without retraining, leaves tails as they are; a store fills with model text like a crawl: heirloom audit corpus",
    )


def _share(part: int, rest: int) -> str:
    return f"{100 * part / (part + rest):.1f} %" if part + rest else "0.0 %"


def notes(facts: Facts) -> tuple[str, ...]:
    """What else the numbers and the policy give reason to say."""
    said = []
    if facts.tail_documents is not None and facts.tail_documents < facts.planned_tail_documents:
        said.append(
            f"{facts.tail_documents:,} tail documents where {facts.planned_tail_documents:,} are planned for: a small loss may go unseen"
        )
    if facts.champion and facts.champion.depth and facts.start == "champion" and declining(facts):
        said.append('training.start = "base" would start the next cycle from the pre-synthetic release, whose tails are whole')
    if facts.sharpened_teacher:
        said.append("the teacher's decoding is sharpened: temperature 1 and top-p 1 lose tails several times more slowly")
    if not facts.mixing.synthetic_tasks and not facts.mixing.task_caps:
        said.append("synthetic rows may teach every task: name the tasks (mixing.synthetic_tasks) or give them caps (mixing.task_caps)")
    said.append(
        "preference tuning after this prefers modes and lies outside these gates: probe the model that is served, not the one before it"
    )
    return tuple(said)
