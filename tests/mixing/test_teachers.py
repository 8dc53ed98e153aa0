import pytest
from mixing_rows import TEACHER

from governance.errors import RefusedError
from governance.mixing.rules import MixRules
from governance.mixing.teachers import allowed_digests, author_rule, refuse_descended_teachers

STUDENT, OTHER = "a" * 64, "c" * 64
RULES = MixRules(teachers={"tutor": "pinned"})


def rule(generator: str | None, version: str | None, rules: MixRules = RULES) -> str | None:
    return author_rule(generator, version, rules, allowed={"tutor": TEACHER}, model="student", start=STUDENT)


def test_a_teacher_is_known_by_its_digest_or_its_first_digits() -> None:
    assert rule("tutor", TEACHER) is None
    assert rule("tutor", TEACHER[:12]) is None


@pytest.mark.parametrize("version", [OTHER, OTHER[:12], TEACHER[:11], "1", None])
def test_a_row_in_the_name_of_a_teacher_with_another_digest_is_left_out(version: str | None) -> None:
    assert rule("tutor", version) == "teacher-digest"


def test_a_teacher_that_the_cycle_does_not_pin_vouches_for_no_row() -> None:
    assert allowed_digests(RULES, {}) == {}
    assert author_rule("tutor", TEACHER, RULES, allowed={}, model="student", start=STUDENT) == "teacher-digest"


def test_other_generators_are_admitted_or_refused_by_policy() -> None:
    assert rule("gpt", "4") is rule(None, None) is None
    strict = MixRules(other_generators="refuse")
    assert rule("gpt", "4", strict) == rule(None, None, strict) == "other-generator"


@pytest.mark.parametrize(("generator", "version"), [("student", "2"), ("student", None), ("tutor", STUDENT[:12]), ("renamed", STUDENT)])
def test_the_students_own_text_is_known_by_name_and_by_digest(generator: str, version: str | None) -> None:
    assert rule(generator, version) == "self-generated"
    assert rule(generator, version, MixRules(self_generated="admit")) is None


def test_a_swapped_teacher_is_refused_with_both_digests() -> None:
    rules = MixRules(teachers={"tutor": TEACHER})
    assert allowed_digests(rules, {"tutor": TEACHER}) == allowed_digests(rules, {}) == {"tutor": TEACHER}
    with pytest.raises(RefusedError, match=f"teacher tutor is {OTHER[:12]}\nexpected: {TEACHER[:12]}"):
        allowed_digests(rules, {"tutor": OTHER})


def test_a_teacher_outside_the_line_is_fine() -> None:
    refuse_descended_teachers({"tutor": TEACHER}, {STUDENT: {"start": "0" * 64}})
    refuse_descended_teachers({"tutor": {"digest": TEACHER, "lineage": {"start": OTHER}}}, {STUDENT: {}})


def test_a_student_is_no_teacher_of_itself() -> None:
    with pytest.raises(RefusedError, match="teacher tutor descends from a student: aaaaaaaaaaaa"):
        refuse_descended_teachers({"tutor": STUDENT}, {STUDENT: {}})


@pytest.mark.parametrize(
    "lineage",
    [
        {"start": STUDENT},
        {"start": OTHER, "ancestors": {OTHER: {"start": STUDENT}}},
        {"start": OTHER, "teachers": {"first": STUDENT}},
        {"start": OTHER, "ancestors": {OTHER: {"start": TEACHER, "teachers": {"second": STUDENT}}}},
    ],
    ids=["its weights", "weights of its weights", "its text", "in a circle"],
)
def test_a_teacher_that_descends_from_a_student_is_refused(lineage: dict[str, object]) -> None:
    with pytest.raises(RefusedError, match=r"bbbbbbbbbbbb <- .*aaaaaaaaaaaa"):
        refuse_descended_teachers({"tutor": {"digest": TEACHER, "lineage": lineage}}, {STUDENT: {}})


def test_a_circle_without_a_student_ends() -> None:
    lineage = {"start": OTHER, "ancestors": {OTHER: {"start": TEACHER}}}
    refuse_descended_teachers({"tutor": {"digest": TEACHER, "lineage": lineage}}, {STUDENT: {}})
