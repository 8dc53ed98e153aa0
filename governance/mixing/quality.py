"""Damage and artefacts in a single text: what a model writes when it refuses, echoes its prompt or loops, and what a bad export leaves.

Every rule was read against real rows of both kinds (docs/selection.md says how far each is believed). Synthetic rows leave by them; human
rows are flagged, and leave only where policy says so and the damage is clear, because a filter that is blind to quality drops text that
is unusual but right: poems repeat lines, regular expressions repeat groups, names hold letters that look like damage.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from governance.mixing.floor import Floor
from governance.mixing.near import count_by_text, distinct_runs
from governance.mixing.selection_rules import DROP, SelectionRules
from governance.mixing.sieve import BY_POLICY, Sieve, places
from governance.provenance.hashing import Places
from governance.provenance.words import MARKUP, Words

REFUSAL_CHARACTERS = 240
"""A refusal stands at the start of an answer; the same words later in a text are about something else."""
LOOPING_WORDS, FEWEST_RUNS = 5, 20
_WORDS_AT_A_TIME = 1 << 16
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
    """What a rule says of every row: whether it found damage, whether that is beyond doubt, and in what words."""

    rule: str
    found: pl.Series
    clear: pl.Series
    details: pl.Series


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


def without_damage(sieve: Sieve, words: Words, rules: SelectionRules, floor: Floor) -> Sieve:
    """Synthetic rows with an artefact leave, or are flagged where policy says so; human rows are flagged, or leave if damage is clear.

    `words` are those of all rows, in the order of their places.
    """
    for rule in TEXT_RULES:
        sieve = _parted(sieve, _finding(rule, sieve.rows["text"]), rules, floor)
    repeated, of = repeated_runs(words.take(sieve.places))
    loops = pl.Series((of >= FEWEST_RUNS) & (repeated * 100 >= rules.looping_percent * of))
    told = [f"{again} of {runs} runs of {LOOPING_WORDS} words were said before" for again, runs in zip(repeated, of, strict=True)]
    found = _Finding(rule=LOOPING, found=loops, clear=pl.zeros(loops.len(), dtype=pl.Boolean, eager=True), details=pl.Series(told))
    return _parted(sieve, found, rules, floor)


def _finding(rule: TextRule, text: pl.Series) -> _Finding:
    seen = pl.DataFrame({"text": text}).with_columns(found=rule.found.cast(pl.Int64)).with_columns(clear=rule.clear)
    return _Finding(rule=rule.name, found=seen["found"] > 0, clear=seen["clear"], details=seen["found"].cast(pl.String) + f" {rule.detail}")


def repeated_runs(words: Words) -> tuple[Places, Places]:
    """(runs of five words that the text held already, runs) of every text, exactly."""
    of = np.maximum(words.lengths - LOOPING_WORDS + 1, 0)
    distinct = np.zeros(words.texts, dtype=np.int64)
    long_enough = np.flatnonzero(of >= FEWEST_RUNS)
    for first, chunk in words.take(long_enough).chunks(_WORDS_AT_A_TIME):
        distinct[long_enough[first : first + chunk.texts]] = count_by_text(distinct_runs(chunk, LOOPING_WORDS), chunk.texts)
    return np.where(of >= FEWEST_RUNS, of - distinct, 0), of


def _parted(sieve: Sieve, finding: _Finding, rules: SelectionRules, floor: Floor) -> Sieve:
    barred = ~sieve.human if rules.artefacts == DROP else sieve.human & False
    if rules.human_damage == DROP:
        barred |= sieve.human & finding.clear
    gone, stays = places(finding.found & barred), places(finding.found & ~barred)
    sieve = sieve.flagging(stays, finding.rule, finding.details[stays], BY_POLICY)
    return floor.without(sieve, gone, finding.rule, finding.details[gone].to_list())
