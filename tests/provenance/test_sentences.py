import pytest

from governance.provenance.sentences import sentence_frames


def frames(*texts: str) -> list[set[int]]:
    places, found = sentence_frames(texts, 3)
    return [set(found[places == place].tolist()) for place in range(len(texts))]


def test_a_frame_is_how_a_later_sentence_begins_whatever_case_and_ending() -> None:
    one, other, third = frames(
        "A town. In conclusion, the town is old.",
        "Rain fell!\nIN CONCLUSION THE rain was wet. It rained on.",
        "In conclusion, the first sentence is the opening.",
    )
    assert len(one) == 1
    assert one < other
    assert third == set()


def test_a_frame_said_twice_is_one_and_short_sentences_have_none() -> None:
    (found,) = frames("Yes. It is so here. It is so there. No. Oh no! (It is so.) It is not.")
    (again,) = frames("Yes. It is so. It is not.")
    assert found == again
    assert len(found) == 2


@pytest.mark.parametrize("text", ["", " ", "...", "!\n\n?", "one line without an end"])
def test_a_text_of_one_sentence_or_none_has_no_frame(text: str) -> None:
    assert frames(text) == [set()]


def test_sentences_end_in_other_scripts_too() -> None:
    one, other = frames("雨。今日は良い天気です。", "雪。今日は良い。")
    assert len(one & other) == 1


def test_frames_do_not_depend_on_how_many_texts_are_read_at_once() -> None:
    texts = [f"First. Then comes number {n % 7}. And more of {n % 5} things." for n in range(5_000)]
    assert frames(*texts)[4_990:] == frames(*texts[4_990:])
