"""Which way a setting of [mixing] is stricter: a policy is overridden in that direction only, and a change says which way it goes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from governance.errors import RefusedError, UsageError
from governance.mixing.rules import MixRules
from governance.provenance.rules import ADMIT, REFUSE

TIGHTENS, LOOSENS, LEAVES = "tightens", "loosens", "leaves"

_LESS_IS_STRICTER = (
    "synthetic_cap_percent",
    "slice_cap_percent",
    "most_anchor_passes",
    "near_duplicate_jaccard_percent",
    "embedding_cosine_percent",
    "overlap_percent",
    "benchmark_words",
    "fewest_benchmark_words",
    "openings_per_million_tokens",
    "fewest_openings",
)
_MORE_IS_STRICTER = ("anchor_percent", "minimum_human_tokens", "minimum_fresh_human_percent")
_REFUSING_IS_STRICTER = ("other_generators", "self_generated")
_CAPS_BY_NAME = ("slice_caps", "task_caps")
SETTABLE = (*_LESS_IS_STRICTER, *_MORE_IS_STRICTER, *_REFUSING_IS_STRICTER, *(f"{name}.NAME" for name in _CAPS_BY_NAME))
"""Settings that have a stricter side; the others only have another side."""

Setting = int | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One setting that a plan takes stricter than the policy does. `policy` is None where the policy names no such cap."""

    setting: str
    policy: Setting
    planned: Setting


def direction(setting: str, now: Setting, proposed: Setting) -> str:
    """Whether a change of a setting tightens or loosens what may be trained on."""
    if now == proposed:
        return LEAVES
    if setting in _REFUSING_IS_STRICTER:
        return TIGHTENS if proposed == REFUSE else LOOSENS
    if now is None or proposed is None:
        return TIGHTENS if now is None else LOOSENS
    more = int(proposed) > int(now)
    return TIGHTENS if more == (setting in _MORE_IS_STRICTER) else LOOSENS


def stricter(mixing: MixRules, wanted: Sequence[str]) -> tuple[MixRules, tuple[Override, ...]]:
    """The rules with `mixing.NAME=VALUE` settings over them, each of which is stricter than the policy.

    Raises: RefusedError for a looser one; UsageError for one that does not exist, has no stricter side, or is no value.
    """
    overrides = []
    for text in wanted:
        override = _read(mixing, text)
        if direction(override.setting.split(".")[0], override.policy, override.planned) == LOOSENS:
            raise RefusedError(
                f"mixing.{override.setting} = {override.planned} is looser than the policy's {override.policy}",
                where="policy.toml",
                expected="a stricter value: a plan may ask for less than the policy allows, never for more",
                fix="change policy.toml under review",
            )
        overrides.append(override)
        mixing = _with(mixing, override)
    return mixing, tuple(overrides)


def _read(mixing: MixRules, text: str) -> Override:
    place, equals, value = text.partition("=")
    section, _, setting = place.strip().partition(".")
    kind, _, name = setting.partition(".")
    known = kind in _CAPS_BY_NAME if name else f"{kind}.NAME" not in SETTABLE and kind in SETTABLE
    if section != "mixing" or not equals or not known:
        raise UsageError(f"{text!r} is no setting that a plan can take stricter", expected=f"mixing.NAME=VALUE of {', '.join(SETTABLE)}")
    policy: Setting = getattr(mixing, kind).get(name) if name else getattr(mixing, kind)
    if name and policy is None and kind == "slice_caps":
        policy = mixing.slice_cap_percent
    return Override(setting=setting, policy=policy, planned=_value(kind, value.strip(), text))


def _value(kind: str, value: str, text: str) -> Setting:
    if kind in _REFUSING_IS_STRICTER:
        if value not in {ADMIT, REFUSE}:
            raise UsageError(f"{text!r} is neither {ADMIT!r} nor {REFUSE!r}")
        return value
    if not value.isascii() or not value.isdigit():
        raise UsageError(f"{text!r} is no whole number", expected="mixing.NAME=25")
    return int(value)


def _with(mixing: MixRules, override: Override) -> MixRules:
    kind, _, name = override.setting.partition(".")
    value: Mapping[str, Setting] | Setting = {**getattr(mixing, kind), name: override.planned} if name else override.planned
    try:
        return replace(mixing, **{kind: value})  # type: ignore[arg-type]
    except ValueError as error:
        raise UsageError(str(error), where=f"mixing.{override.setting}") from error
