"""Damage and artefacts in a single text: what a model writes when it refuses, echoes its prompt or loops, and what a bad export leaves.

Every rule was read against real rows of both kinds (docs/selection.md says how far each is believed). Synthetic rows leave by them; human
rows are flagged, and leave only where policy says so and the damage is clear, because a filter that is blind to quality drops text that
is unusual but right: poems repeat lines, regular expressions repeat groups, names hold letters that look like damage.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.mixing.floor import Floor
from governance.mixing.near import count_by_text, distinct_runs
from governance.mixing.selection_rules import DROP, SelectionRules
from governance.mixing.sieve import BY_POLICY, Sieve
from governance.provenance.hashing import Places
from governance.provenance.words import MARKUP, AnyWords

REFUSAL_CHARACTERS = 240
"""A refusal stands at the start of an answer; the same words later in a text are about something else."""
LOOPING_WORDS, FEWEST_RUNS = 5, 20
_WORDS_IN_MEMORY, _WORDS_AT_A_TIME = 1 << 20, 1 << 16
"""So that a chunk holds fewer texts of 24 words or more than `distinct_runs` can tell apart."""
CLEAR_DAMAGE_PERCENT = 2
"""Damaged characters, of all, from which on damage is clear."""
FEWEST_WORDS = 3

_REFUSAL = (
    r"(?i)\bas an? (?:ai|artificial intelligence|(?:large )?language model)\b|\bi(?:['\u2019]m| am)(?: just| only)? an ai\b"
    r"|\bi(?:['\u2019]m| am) sorry,? but (?:i|as)\b|\bi apologi[sz]e,? but (?:i|as)\b"
    r"|\bi (?:cannot|can['\u2019]t|am unable to) (?:fulfill?|comply with|assist with)\b"
)
_ECHO = (
    r"<\|(?:im_start|im_end|user|system|assistant|endoftext)\|>|\[/?INST\]|(?m:^#{2,3} ?(?:Instruction|Input|Response|Human|Assistant) ?:)"
    r"|^\s*(?:Human|User|Assistant|Instruction|Prompt) ?:"
)
_MOJIBAKE = "\u00c3[\u0080-\u00bf]|\u00c2[\u00a0-\u00bf]|\u00e2\u20ac[\u0080-\u00bf\u0152-\u2122]|\u00e2\u201a\u00ac|\u00ef\u00bb\u00bf"
"""Two letters that UTF-8 read as Latin-1 or Windows-1252 leaves. No language writes A with tilde or circumflex before such a sign."""
_ADDRESS = r"https?://\S+|\{\{[^{}]{0,500}\}\}|&[a-z#0-9]{2,8};"


_NEVER = pl.lit(value=False)
_ALWAYS = pl.col("found") > 0
_DENSE = pl.col("found") * 100 >= CLEAR_DAMAGE_PERCENT * pl.col("text").str.len_chars()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule:
    """`found` is how much of the damage a text has (0 where it has none); `clear` is true where it is beyond doubt in a human row."""

    name: str
    detail: str
    found: pl.Expr
    clear: pl.Expr


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """Where a rule found damage in a sieve, ascending, whether it is beyond doubt, and in what words."""

    rule: str
    at: Places
    clear: NDArray[np.bool_]
    details: list[str]


def _matches(pattern: str, text: pl.Expr) -> pl.Expr:
    return text.str.count_matches(pattern).fill_null(0)


def _markup_words() -> pl.Expr:
    """Words of a text whose words are nearly all in tags and addresses; 0 for other texts."""
    text = pl.col("text")
    marked = text.str.contains(_ADDRESS) | text.str.contains(MARKUP)
    bare = text.str.replace_all(MARKUP, " ").str.replace_all(_ADDRESS, " ").str.count_matches(r"\w+")
    words = text.str.count_matches(r"\w+")
    return pl.when(marked & (bare < FEWEST_WORDS) & (words >= FEWEST_WORDS)).then(words).otherwise(0)


TEXT_RULES: tuple[TextRule, ...] = (
    TextRule(name="replacement-character", detail="U+FFFD", found=_matches("\ufffd", pl.col("text")), clear=_DENSE),
    TextRule(name="mojibake", detail="doubly decoded characters", found=_matches(_MOJIBAKE, pl.col("text")), clear=_DENSE),
    TextRule(name="markup-only", detail="words, nearly all in tags and addresses", found=_markup_words(), clear=_ALWAYS),
    TextRule(
        name="refusal-boilerplate",
        detail=f"set phrases of a refusal in the first {REFUSAL_CHARACTERS} characters",
        found=_matches(_REFUSAL, pl.col("text").str.slice(0, REFUSAL_CHARACTERS)),
        clear=_NEVER,
    ),
    TextRule(name="prompt-echo", detail="marks of a chat template", found=_matches(_ECHO, pl.col("text")), clear=_NEVER),
)
LOOPING = "looping"
DAMAGE_SCHEMA = pl.Schema({"place": pl.Int64, "rule": pl.String, "found": pl.Int64, "clear": pl.Boolean})


def damage_of(texts: pl.Series) -> pl.DataFrame:
    """What the text rules find: a line of DAMAGE_SCHEMA for every rule and text with damage."""
    seen = pl.DataFrame({"text": texts}).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))
    parts = [
        seen.with_columns(found=rule.found.cast(pl.Int64))
        .filter(pl.col("found") > 0)
        .select("place", pl.lit(rule.name).alias("rule"), "found", rule.clear.alias("clear"))
        for rule in TEXT_RULES
    ]
    return pl.concat([DAMAGE_SCHEMA.to_frame(), *parts])


def without_damage(sieve: Sieve, words: AnyWords, damage: pl.DataFrame, rules: SelectionRules, floor: Floor) -> Sieve:
    """Synthetic rows with an artefact leave, or are flagged where policy says so; human rows are flagged, or leave if damage is clear.

    `words` and `damage` are those of all rows, by their places.
    """
    for rule in TEXT_RULES:
        sieve = _parted(sieve, _finding(rule, sieve, damage), rules, floor)
    loops, repeated, of = _loops(words.take(sieve.places), rules.looping_percent)
    counts = zip(repeated.tolist(), of.tolist(), strict=True)
    told = [f"{again} of {runs} runs of {LOOPING_WORDS} words were said before" for again, runs in counts]
    return _parted(sieve, _Finding(rule=LOOPING, at=loops, clear=np.zeros(loops.size, dtype=np.bool_), details=told), rules, floor)


def _finding(rule: TextRule, sieve: Sieve, damage: pl.DataFrame) -> _Finding:
    """What a text rule found in the rows that are still in."""
    found = sieve.those(damage.filter(pl.col("rule") == rule.name))
    told = [f"{count} {rule.detail}" for count in found["found"].to_list()]
    return _Finding(rule=rule.name, at=found["at"].to_numpy(), clear=found["clear"].to_numpy(), details=told)


def _loops(words: AnyWords, percent: int) -> tuple[Places, Places, Places]:
    """The texts, ascending, of whose runs so many percent were in them already, with these runs and all."""
    found = [np.zeros((0, 3), dtype=np.int64)]
    for first, chunk in words.chunks(_WORDS_IN_MEMORY):
        repeated, of = repeated_runs(chunk)
        at = np.flatnonzero((of >= FEWEST_RUNS) & (repeated * 100 >= percent * of))
        found.append(np.column_stack((at + first, repeated[at], of[at])))
    texts, repeated, of = np.concatenate(found).T
    return texts, repeated, of


def repeated_runs(words: AnyWords) -> tuple[Places, Places]:
    """(runs of five words that the text held already, runs) of every text, exactly."""
    of = np.maximum(words.lengths - LOOPING_WORDS + 1, 0)
    distinct = np.zeros(words.texts, dtype=np.int64)
    long_enough = np.flatnonzero(of >= FEWEST_RUNS)
    for first, chunk in words.take(long_enough).chunks(_WORDS_AT_A_TIME):
        distinct[long_enough[first : first + chunk.texts]] = count_by_text(distinct_runs(chunk, LOOPING_WORDS), chunk.texts)
    return np.where(of >= FEWEST_RUNS, of - distinct, 0), of


def _parted(sieve: Sieve, finding: _Finding, rules: SelectionRules, floor: Floor) -> Sieve:
    human = sieve.human.to_numpy()[finding.at]
    barred = ~human & (rules.artefacts == DROP) | human & finding.clear & (rules.human_damage == DROP)
    told = {leaves: [finding.details[place] for place in np.flatnonzero(barred == leaves).tolist()] for leaves in (True, False)}
    sieve = sieve.flagging(finding.at[~barred], finding.rule, told[False], BY_POLICY)
    return floor.without(sieve, finding.at[barred], finding.rule, told[True])
