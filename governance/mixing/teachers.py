"""Who may write for the student: teachers by digest, never a descendant of a student, and what becomes of everybody else's rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.digest import Manifest
from governance.errors import RefusedError
from governance.mixing.rules import PINNED, MixRules
from governance.provenance.passed import FEWEST_VERSION_DIGITS, names_checkpoint
from governance.provenance.rules import REFUSE

WEIGHTS = ".safetensors"
SELF_GENERATED, TEACHER_DIGEST, OTHER_GENERATOR = "self-generated", "teacher-digest", "other-generator"


def allowed_digests(rules: MixRules, teachers: Mapping[str, str]) -> Mapping[str, str]:
    """Name -> digest of every teacher that the policy allows and that is known; `teachers` are those that cycle.json pins.

    Raises: RefusedError where cycle.json pins another checkpoint than the policy names: the teacher was swapped or trained on.
    """
    allowed = {}
    for name, digest in sorted(rules.teachers.items()):
        pinned = teachers.get(name)
        if PINNED != digest != pinned and pinned is not None:
            raise RefusedError(
                f"teacher {name} is {pinned[:FEWEST_VERSION_DIGITS]}",
                where="policy.mixing.teachers",
                expected=digest[:FEWEST_VERSION_DIGITS],
                fix=f"restore the teacher's checkpoint, or have a policy approved that names {pinned}",
            )
        known = pinned if digest == PINNED else digest
        if known is not None:
            allowed[name] = known
    return allowed


def author_rule(
    generator: str | None, version: str | None, rules: MixRules, *, allowed: Mapping[str, str], model: str, start: str
) -> str | None:
    """The rule that keeps an author's rows out, or None; `model` is the student's name and `start` the digest of its start checkpoint."""
    if generator == model or names_checkpoint(version, start):
        return SELF_GENERATED if rules.self_generated == REFUSE else None
    if generator is not None and generator in rules.teachers:
        return None if names_checkpoint(version, allowed.get(generator, "")) else TEACHER_DIGEST
    return OTHER_GENERATOR if rules.other_generators == REFUSE else None


def refuse_descended_teachers(teachers: Mapping[str, str | Mapping[str, Any]], models: Mapping[str, Mapping[str, Any]]) -> None:
    """No teacher is a checkpoint of a student's line, and none comes from one: not by its weights, not by text that it learnt from.

    `teachers`: name -> digest, or `{"digest": ..., "lineage": {...}}`. `models`: digest of every checkpoint of a student's line -> its
    lineage document (lineage.json; `{}` where it is unknown). A teacher's lineage may hold `start` (digest of its initial weights),
    `teachers` (name -> digest of what wrote its rows) and `ancestors`: digest -> lineage document of any of those. A circle of
    ancestors ends the walk.

    Raises: RefusedError naming the teacher and the way to the student's checkpoint.
    """
    for name, found in sorted(teachers.items()):
        digest: str = found if isinstance(found, str) else found["digest"]
        lineage: Mapping[str, Any] = {} if isinstance(found, str) else found.get("lineage", {})
        documents = {**lineage.get("ancestors", {}), **models, digest: lineage}
        if way := _way_to_student(digest, documents, set(models)):
            raise RefusedError(
                f"teacher {name} descends from a student: {' <- '.join(step[:FEWEST_VERSION_DIGITS] for step in way)}",
                where="cycle.json teachers",
                expected="a teacher outside the student's line, frozen and trained apart",
                fix="take a teacher that no student's weights and no student's text went into",
            )


def refuse_shared_weights(name: str, teacher: Manifest, students: Mapping[str, Manifest]) -> None:
    """No file of a teacher's weights is one of a student's: a checkpoint whose other files were touched has another digest.

    `students`: digest -> manifest of every checkpoint of the student's line.

    Raises: RefusedError naming the files.
    """
    for digest, student in sorted(students.items()):
        theirs = {file.sha256 for file in student.files if file.path.endswith(WEIGHTS)}
        if shared := [file.path for file in teacher.files if file.path.endswith(WEIGHTS) and file.sha256 in theirs]:
            raise RefusedError(
                f"teacher {name} has weights of the student's checkpoint {digest[:FEWEST_VERSION_DIGITS]}",
                expected="a teacher outside the student's line, frozen and trained apart",
                examples=shared,
            )


def _way_to_student(digest: str, documents: Mapping[str, Mapping[str, Any]], students: set[str]) -> Sequence[str]:
    """Digests from a teacher to the nearest checkpoint of a student's line among its ancestors; empty where there is none."""
    waiting: list[tuple[str, ...]] = [(digest,)]
    seen = {digest}
    for way in waiting:
        if way[-1] in students:
            return way
        fresh = [parent for parent in _parents(documents.get(way[-1], {})) if parent not in seen]
        seen.update(fresh)
        waiting.extend((*way, parent) for parent in fresh)
    return ()


def _parents(lineage: Mapping[str, Any]) -> list[str]:
    start = lineage.get("start")
    return sorted({*([start] if start else []), *lineage.get("teachers", {}).values()})
