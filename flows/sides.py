"""Side-by-side rounds in a workspace: pairs from the cycle at hand, votes of people and of a judge, what they add up to. No Prefect."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from flows.far import key_of, refuse_unlisted
from governance.actions.freeze import frozen_cycle
from governance.adapters.bars import bars
from governance.adapters.generators.openai_compatible import RemoteModel
from governance.adapters.side_folder import SideFolder, votes_csv
from governance.adapters.side_sheet import read_side_sheet, write_side_sheet
from governance.collapse.evidence import BASELINE, CANDIDATE, CHAMPION, PLAIN
from governance.collapse.sides.judge import LengthControl, length_controlled, question_for, read_answer, settled
from governance.collapse.sides.pairs import PER_SIDE, draw_pairs
from governance.collapse.sides.votes import ALL, LEFT, QUESTIONS, SAME, VOTE_SCHEMA, WinRate, win_rates
from governance.digest import digest_bytes
from governance.errors import UsageError
from governance.ports.desk import SHARDS
from governance.ports.endpoint import CHAT
from governance.ports.language_model import Decoding
from governance.release import kinds
from governance.release.ledger import Event
from governance.wiring import Shop

FEWEST_PAIRS = 20
"""Under this many pairs an interval reaches over 40 points: nothing could be seen."""
JUDGE = "judge:"
"""What a judge's name begins with among raters; a person's cannot hold a colon."""
WHERE = "heirloom.toml judge"
UNSIGNED: Mapping[str, str] = MappingProxyType({"signature": "", "key": ""})
ANSWER = Decoding(temperature=1e-3, max_new_tokens=64)
"""Three short lines, as nearly without chance as every endpoint allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """A round that was drawn: the event that says so, its folder, its pairs, and its prompts by id."""

    drawn: Event
    folder: SideFolder
    pairs: pl.DataFrame
    prompts: Mapping[str, str]

    @property
    def key(self) -> pl.DataFrame:
        return self.folder.key(self.drawn.body["key_sha256"])

    @property
    def against(self) -> str:
        return str(self.drawn.body["against"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Win rates of people and of each judge, and each judge's rate at equal lengths, by question."""

    round: Round
    people: tuple[WinRate, ...]
    judges: Mapping[str, tuple[WinRate, ...]]
    controlled: Mapping[str, Mapping[str, LengthControl]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Votes that were recorded (`new`), and questions that were left open or that a judge's answers did not settle."""

    new: int
    votes: int
    open: int


def begin(shop: Shop, *, against: str, pairs: int, per_side: int = PER_SIDE) -> Round:
    """Draw a round from the samples of the cycle at hand, once; the same request finds the round that was drawn.

    Raises: UsageError where nothing was probed, the other model was not, or too few prompts differ.
    """
    if against not in (BASELINE, CHAMPION):
        raise UsageError(f"{against!r} is no model to compare with", expected=f"{BASELINE} or {CHAMPION}")
    cycle, digest = _cycle(shop)
    if (found := _drawn(shop, digest, against)) is not None:
        return _round(shop, found)
    samples = _samples(shop, against)
    drawn = draw_pairs(
        samples,
        against=against,
        temperature=cycle["policy"]["probe"]["gate_temperature"],
        pairs=pairs,
        per_side=per_side,
        seed=cycle["seed"],
    )
    if drawn.pairs.height < FEWEST_PAIRS:
        raise UsageError(
            f"{drawn.prompts} prompts were answered {per_side} times by both models, {drawn.alike} of them alike",
            expected=f"at least {FEWEST_PAIRS} that differ",
            where="samples.parquet",
            fix="ask for fewer texts a side, or probe more prompts",
        )
    folder = _folder(shop, digest, against)
    folder.keep(drawn)
    pairs_sha256, key_sha256 = folder.digests()
    body = {
        "cycle": cycle["number"],
        "cycle_digest": digest,
        "against": against,
        "pairs": drawn.pairs.height,
        "pairs_sha256": pairs_sha256,
        "key_sha256": key_sha256,
    }
    return _round(shop, shop.ledger.record(kinds.SIDES_DRAWN, body))


def at_hand(shop: Shop, against: str | None = None) -> Round:
    """The newest round of the cycle at hand. Raises: UsageError where there is none."""
    _, digest = _cycle(shop)
    for name in (against,) if against else (CHAMPION, BASELINE):
        if (found := _drawn(shop, digest, name)) is not None:
            return _round(shop, found)
    raise UsageError("no pairs were drawn for the cycle at hand", fix="heirloom side-by-side export FILE.csv")


def export(shop: Shop, path: Path, *, against: str, pairs: int, per_side: int) -> Round:
    """Write the round's pairs as a sheet."""
    round_ = begin(shop, against=against, pairs=pairs, per_side=per_side)
    write_side_sheet(path, round_.pairs, round_.prompts)
    return round_


def import_sheet(shop: Shop, path: Path, *, against: str | None) -> Given:
    """Record the votes of a filled sheet as those of whoever acts."""
    round_ = at_hand(shop, against)
    filled = read_side_sheet(path, round_.pairs, rater_of(shop))
    return record(shop, round_, filled.votes, left_open=filled.open)


def record(
    shop: Shop, round_: Round, votes: pl.DataFrame, *, left_open: int, judge: str | None = None, seal: Mapping[str, str] = UNSIGNED
) -> Given:
    """Keep votes and tell the ledger how many, by whom, the digest of what was said, and the signature over that where there is one."""
    new = round_.folder.add(votes) if votes.height else 0
    if new:
        facts = {"key_sha256": round_.drawn.body["key_sha256"], "by": shop.actor, "votes": new, "judge": judge or ""}
        body = {**facts, "votes_sha256": digest_bytes(votes_csv(votes)), **seal}
        shop.ledger.settle(kinds.SIDES_VOTED, lambda _: body)  # the votes are kept: whoever else writes meanwhile does not take that back
    return Given(new=new, votes=votes.height, open=left_open)


def rater_of(shop: Shop) -> str:
    """The name under which whoever acts votes. Raises: UsageError where it could be taken for a judge's."""
    if ":" in shop.actor:
        raise UsageError(f"{shop.actor!r} holds a colon", where="HEIRLOOM_ACTOR", expected="the name of a person")
    return shop.actor


def ask_judge(shop: Shop, *, against: str | None) -> Given:
    """Let the judge of heirloom.toml look at every pair that it has not voted on, in both orders.

    Its words are counted and not kept. Raises: RefusedError where policy does not list its address; UsageError where none is named.
    """
    endpoint = replace(shop.settings.judge, api=CHAT)
    if not (endpoint.base_url and endpoint.model):
        raise UsageError("names no judge", where=WHERE, fix="set base_url and model")
    refuse_unlisted(shop, endpoint)
    round_ = at_hand(shop, against)
    model = RemoteModel(endpoint=endpoint, instruction="{opening}", key=key_of(shop, endpoint, WHERE), where=WHERE)
    rater = f"{JUDGE}{endpoint.model}"
    done = set(round_.folder.votes().filter(pl.col("rater") == rater)["pair_id"])
    left = round_.pairs.filter(~pl.col("pair_id").is_in(list(done)))
    show, rows, unsettled = bars("judge"), [], 0
    with model.client() as client:
        for number, pair in enumerate(left.iter_rows(named=True), start=1):
            prompt = round_.prompts.get(pair["prompt_id"], "")
            answers = [
                read_answer(model.complete(client, question_for(prompt, pair["left"], pair["right"], swapped=swapped), ANSWER))
                for swapped in (False, True)
            ]
            vote = settled(*answers)
            unsettled += len(QUESTIONS) - len(vote)
            rows += [(pair["pair_id"], rater, question, choice) for question, choice in vote.items()]
            show(number, left.height, "pairs judged")
    votes = pl.DataFrame(rows, schema=VOTE_SCHEMA, orient="row")
    return record(shop, round_, votes, left_open=unsettled, judge=endpoint.model)


def outcome(shop: Shop, *, against: str | None) -> Outcome:
    """What the votes of the round add up to. The key is opened here, and nowhere before."""
    round_ = at_hand(shop, against)
    votes, key = round_.folder.votes(), round_.key
    slices = dict(round_.pairs.select("pair_id", "slice").iter_rows())
    raters = sorted(votes["rater"].unique())
    judges = {name.removeprefix(JUDGE): votes.filter(pl.col("rater") == name) for name in raters if name.startswith(JUDGE)}
    people = votes.filter(~pl.col("rater").str.starts_with(JUDGE))
    return Outcome(
        round=round_,
        people=win_rates(people, key, slices),
        judges={name: win_rates(said, key, slices) for name, said in judges.items()},
        controlled={name: _controlled(said, key, round_.pairs) for name, said in judges.items()},
    )


def ask_person(shop: Shop, round_: Round, ask: Callable[[Mapping[str, Any], str], str | None]) -> Given:
    """Show the pairs that whoever acts has not voted on, one after the other, and keep each answer at once; None ends it.

    `ask` gets a pair with its prompt and a question, and answers with one of `CHOICES`, "" to leave the question open, or None.
    """
    rater = rater_of(shop)
    mine = round_.folder.votes().filter(pl.col("rater") == rater)
    voted = set(mine.select("pair_id", "question").iter_rows())
    new = asked = left_open = 0
    for pair in round_.pairs.iter_rows(named=True):
        shown = {**pair, "prompt": round_.prompts.get(pair["prompt_id"], "")}
        rows = []
        for question in QUESTIONS:
            if (pair["pair_id"], question) in voted:
                continue
            choice = ask(shown, question)
            if choice is None:
                return Given(new=new, votes=asked, open=left_open)
            asked, left_open = asked + bool(choice), left_open + (not choice)
            rows += [(pair["pair_id"], rater, question, choice)] if choice else []
        if rows:
            new += record(shop, round_, pl.DataFrame(rows, schema=VOTE_SCHEMA, orient="row"), left_open=0).new
    return Given(new=new, votes=asked, open=left_open)


def _controlled(votes: pl.DataFrame, key: pl.DataFrame, pairs: pl.DataFrame) -> Mapping[str, LengthControl]:
    words = pl.col("left", "right").list.join(" ").str.count_matches(r"\S+").cast(pl.Int64)
    sized = pairs.select("pair_id", words).join(key, on="pair_id")
    said = votes.join(sized, on="pair_id").sort("pair_id")
    found = {}
    for question in QUESTIONS:
        rows = said.filter(pl.col("question") == question).to_dicts()
        scores = [0.5 if row["choice"] == SAME else float((row["choice"] == LEFT) == row["candidate_left"]) for row in rows]
        lengths = [(row["left"], row["right"]) if row["candidate_left"] else (row["right"], row["left"]) for row in rows]
        found[question] = length_controlled(scores, lengths)
    return found


def overall(rates: tuple[WinRate, ...]) -> tuple[WinRate, ...]:
    """The rates over all slices."""
    return tuple(rate for rate in rates if rate.part == ALL)


def _cycle(shop: Shop) -> tuple[dict[str, Any], str]:
    """The cycle at hand and its digest."""
    if (found := frozen_cycle(shop.workspace)) is None:
        raise UsageError("no cycle is at hand", fix="heirloom retrain")
    return found


def _samples(shop: Shop, against: str) -> pl.DataFrame:
    place = shop.workspace.cycle / "samples.parquet"
    if not place.is_file():
        raise UsageError("the cycle at hand was not probed yet", where=str(place), fix="heirloom retrain")
    samples = pl.read_parquet(place)
    if "wording" in samples.columns:
        samples = samples.filter(pl.col("wording") == PLAIN)
    for model in (CANDIDATE, against):
        if samples.filter(pl.col("model") == model).is_empty():
            raise UsageError(f"the {model} said nothing in this cycle", where=str(place), fix="compare with another model")
    return samples


def _drawn(shop: Shop, cycle_digest: str, against: str) -> Event | None:
    found = [
        event
        for event in shop.ledger.events()
        if event.kind == kinds.SIDES_DRAWN and (event.body["cycle_digest"], event.body["against"]) == (cycle_digest, against)
    ]
    return found[-1] if found else None


def _round(shop: Shop, drawn: Event) -> Round:
    folder = _folder(shop, drawn.body["cycle_digest"], drawn.body["against"])
    prompts = pl.read_parquet(shop.workspace.root / SHARDS["prompts"])
    return Round(
        drawn=drawn,
        folder=folder,
        pairs=folder.pairs(drawn.body["pairs_sha256"]),
        prompts=dict(prompts.select("prompt_id", "text").iter_rows()),
    )


def _folder(shop: Shop, cycle_digest: str, against: str) -> SideFolder:
    return SideFolder(folder=shop.workspace.sides / f"{cycle_digest[:16]}-{against}", clock=shop.clock)
