"""The rules that a row can break on its own, in the fixed order in which the first one broken names the refusal.

A rule is a polars expression over a frame of claims (see `claims`), so that ten million rows cost seconds. What was found is said in ids,
names, lengths and dates, never in texts.
"""

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from governance.provenance.aliases import CONTRADICTORY_VERSION, contradicts, named_as_reviewed
from governance.provenance.row import Origin
from governance.provenance.rules import REFUSE, ProvenanceRules
from governance.provenance.vintage import EARLIEST_YEAR, LATEST_YEAR, impossible

NAME_CHARACTERS = 200
SHOWN_CHARACTERS = 40
NAMES = ("row_id", "generator", "generator_version", "source_tier", "slice", "task")
INVISIBLE = r"[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\x{2028}\x{2029}\x{2800}]"
"""Control, formatting (bidi, zero-width), filling and line-separating characters: they make one name look like another."""
BLANK = r"^[\s\p{Cf}\p{Default_Ignorable_Code_Point}\x{2800}]*"

_ORIGINS = [origin.value for origin in Origin]
_HUMAN = pl.col("origin") == Origin.HUMAN.value
_NAMED = pl.col("origin").is_in([Origin.MODEL.value, Origin.HYBRID.value])


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRule:
    """One reason to refuse a row: `broken` is true where the rule is broken, `found` says what was found there, `fix` how to mend it."""

    name: str
    fix: str
    broken: Callable[[ProvenanceRules], pl.Expr]
    found: Callable[[ProvenanceRules], pl.Expr]


def judge_rows(claims: pl.DataFrame, rules: ProvenanceRules) -> pl.DataFrame:
    """The same rows with `rule` and `found`: the first rule broken and what was found, both null where the row stands on its own.

    Generators are named as the policy's alias table reviewed them; `generator_found` keeps the spelling of the file.
    """
    said = [pl.when(r.broken(rules)).then(pl.struct(pl.lit(r.name).alias("rule"), r.found(rules).alias("found"))) for r in ROW_RULES]
    unread = pl.when(pl.col("unread").is_not_null()).then(
        pl.struct(pl.col("unread").alias("rule"), pl.col("unread_found").alias("found")),
    )
    named = named_as_reviewed(claims, rules.aliases, rules.alias_versions)
    return named.with_columns(pl.coalesce(unread, *said).alias("verdict")).unnest("verdict")


def _says(text: str) -> Callable[[ProvenanceRules], pl.Expr]:
    return lambda _: pl.lit(text)


def _shows(column: str) -> Callable[[ProvenanceRules], pl.Expr]:
    return lambda _: pl.concat_str(pl.lit(f"{column} "), _short(column))


def _short(column: str) -> pl.Expr:
    return pl.col(column).str.slice(0, SHOWN_CHARACTERS).str.replace_all(INVISIBLE, "?")


def _written(column: str) -> pl.Expr:
    """Characters that show, counted after blank and invisible ones at the start are taken away."""
    return pl.col(column).str.replace(BLANK, "").str.strip_chars().str.len_chars()


def _ill_named(name: pl.Expr) -> pl.Expr:
    return (name.str.len_chars() > NAME_CHARACTERS) | name.str.contains(INVISIBLE)


def _first_ill_named() -> pl.Expr:
    """The first column whose name, or one of whose names, is too long or holds what does not show; null where all are fine."""
    parents = pl.col("parent_ids").list.eval(_ill_named(pl.element())).list.any()
    names = [pl.when(_ill_named(pl.col(name))).then(pl.lit(name)) for name in NAMES]
    return pl.coalesce(*names, pl.when(parents).then(pl.lit("parent_ids")))


ROW_RULES: tuple[RowRule, ...] = (
    RowRule(
        name="missing-id",
        fix="give the row an id that no other row of the batch has",
        broken=lambda _: pl.col("row_id").is_null(),
        found=_says("no id"),
    ),
    RowRule(
        name="unprintable-name",
        fix=f"use at most {NAME_CHARACTERS} visible characters in ids and names",
        broken=lambda _: _first_ill_named().is_not_null(),
        found=lambda _: pl.concat_str(_first_ill_named(), pl.lit(" is too long or holds characters that do not show")),
    ),
    RowRule(
        name="empty-text",
        fix="give the row its text, or leave it out",
        broken=lambda rules: pl.col("text").is_null() | (_written("text") < rules.min_characters),
        found=lambda rules: pl.format(f"{{}} characters, at least {rules.min_characters} wanted", _written("text").fill_null(0)),
    ),
    RowRule(
        name="nul-character",
        fix="remove U+0000 from the text: tools written in C end the text there",
        broken=lambda _: pl.col("text").str.contains("\0", literal=True),
        found=lambda _: pl.format("U+0000 after {} bytes", pl.col("text").str.find("\0", literal=True)),
    ),
    RowRule(
        name="text-too-long",
        fix="cut the text into several rows, or raise provenance.max_row_bytes",
        broken=lambda rules: pl.col("text").str.len_bytes() > rules.max_row_bytes,
        found=lambda rules: pl.format(f"{{}} bytes, at most {rules.max_row_bytes}", pl.col("text").str.len_bytes()),
    ),
    RowRule(
        name="missing-origin",
        fix=f"say who wrote it: {', '.join(_ORIGINS)}",
        broken=lambda _: pl.col("origin").is_null(),
        found=_says("no origin"),
    ),
    RowRule(
        name="unrecognised-origin",
        fix=f"use one of {', '.join(_ORIGINS)}, or map the value in [source.mapping.values.origin]",
        broken=lambda _: ~pl.col("origin").is_in(_ORIGINS),
        found=_shows("origin"),
    ),
    RowRule(
        name="generator-on-human",
        fix="remove the generator, or say origin model or hybrid",
        broken=lambda _: _HUMAN & (pl.col("generator").is_not_null() | pl.col("generator_version").is_not_null()),
        found=lambda _: pl.concat_str(pl.lit("human, but generator "), pl.coalesce(_short("generator"), _short("generator_version"))),
    ),
    RowRule(
        name="missing-generator",
        fix="name the model that wrote or drafted it",
        broken=lambda _: _NAMED & pl.col("generator").is_null(),
        found=lambda _: pl.concat_str(pl.col("origin"), pl.lit(" without a generator")),
    ),
    RowRule(
        name=CONTRADICTORY_VERSION,
        fix="state the version that the generator's name stands for, or correct provenance.alias_versions",
        broken=lambda rules: contradicts(rules.alias_versions),
        found=lambda _: pl.concat_str(pl.lit("generator "), _short("generator_found"), pl.lit(" of version "), _short("generator_version")),
    ),
    RowRule(
        name="exposed-origin",
        fix="leave the row out, or let the policy admit exposed rows (they count as synthetic, or by mixing.exposed_weight_percent)",
        broken=lambda rules: (pl.col("origin") == Origin.EXPOSED.value) & pl.lit(rules.exposed == REFUSE),
        found=_says("origin exposed"),
    ),
    RowRule(
        name="weak-origin",
        fix="prove the origin, or let the policy admit weak rows (they count as synthetic)",
        broken=lambda rules: (pl.col("origin") == Origin.WEAK.value) & pl.lit(rules.weak == REFUSE),
        found=_says("origin weak"),
    ),
    RowRule(
        name="unknown-origin",
        fix="find out who wrote it, or let the policy admit unknown rows (they count as synthetic)",
        broken=lambda rules: (pl.col("origin") == Origin.UNKNOWN.value) & pl.lit(rules.unknown_origin == REFUSE),
        found=_says("origin unknown"),
    ),
    RowRule(
        name="unknown-generator-version",
        fix="give the generator's version, or let the policy admit unknown versions",
        broken=lambda rules: ~_HUMAN & pl.col("generator_version").is_null() & pl.lit(rules.unknown_generator_version == REFUSE),
        found=_shows("generator"),
    ),
    RowRule(
        name="unreadable-vintage",
        fix="write the day as YYYY-MM-DD, with or without a time",
        broken=lambda _: pl.col("vintage").is_null() & pl.col("vintage_found").is_not_null(),
        found=_shows("vintage_found"),
    ),
    RowRule(
        name="impossible-vintage",
        fix=f"give a day between the years {EARLIEST_YEAR} and {LATEST_YEAR}",
        broken=lambda _: impossible(pl.col("vintage")),
        found=_shows("vintage_found"),
    ),
    RowRule(
        name="future-vintage",
        fix="correct the day, or provenance.latest_vintage",
        broken=lambda rules: pl.col("vintage") > pl.lit(rules.latest_vintage or None, dtype=pl.String).str.to_date("%Y-%m-%d"),
        found=lambda rules: pl.concat_str(_shows("vintage_found")(rules), pl.lit(f", the latest is {rules.latest_vintage}")),
    ),
    RowRule(
        name="unknown-vintage",
        fix="say when it was written, or let the policy admit unknown vintages",
        broken=lambda rules: pl.col("vintage").is_null() & pl.lit(rules.unknown_vintage == REFUSE),
        found=_says("no vintage"),
    ),
    RowRule(
        name="tier-not-admitted",
        fix="add the tier to provenance.known_tiers, or leave the row out",
        broken=lambda rules: ~pl.col("source_tier").is_in(list(rules.known_tiers)).fill_null(value=False) & pl.lit(bool(rules.known_tiers)),
        found=lambda _: pl.concat_str(pl.lit("tier "), _short("source_tier").fill_null("unknown")),
    ),
    RowRule(
        name="self-parent",
        fix="remove the row's own id from its parents",
        broken=lambda _: pl.col("parent_ids").list.contains(pl.col("row_id")),
        found=_says("the row is its own parent"),
    ),
)
