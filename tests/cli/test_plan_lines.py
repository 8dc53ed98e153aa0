"""What `heirloom plan` says about room, bottleneck and the rows that would lift it."""

from dataclasses import replace

from cli.commands.plan import anchor_lines, label_lines, left_out_words, part_lines, room_lines
from governance.mixing.headroom import Advice, Headroom
from governance.mixing.limits import Limit

RUN = Limit(name="synthetic-cap", place="run", used=9_900, bound=10_000, room=100, room_rows=1, left_out_rows=300, left_out_tokens=31_000)
ADVICE = Advice(
    lifts="synthetic-cap",
    column="slice",
    part="regional",
    rows=412,
    tokens=57_600,
    row_tokens=140,
    admits_rows=300,
    admits_tokens=31_000,
    exact=True,
    anchors_short=0,
)
ROOM = Headroom(limits=(RUN,), bottleneck=RUN, advice=ADVICE)


def test_the_bottleneck_is_named_with_what_it_kept_out_and_what_would_lift_it():
    assert room_lines(ROOM)[1:] == [
        " synthetic-cap          run                     9,900       10,000          100   1 rows",
        " Bottleneck: synthetic-cap left out 300 synthetic rows (31,000 tokens).",
        " 412 human rows (about 57,680 tokens) of slice regional would let 31,000 more synthetic tokens in.",
    ]


def test_an_advice_that_is_only_enough_says_at_most_and_names_missing_anchors():
    lines = room_lines(replace(ROOM, advice=replace(ADVICE, exact=False, anchors_short=1_200)))
    assert "412 human rows at most (about" in lines[-2]
    assert "1,200 more anchor tokens" in lines[-1]


def test_a_slice_that_its_own_cap_holds_back_is_named():
    held = replace(RUN, name="slice-cap", place="regional", cap_percent=25)
    lines = room_lines(Headroom(limits=(held,), bottleneck=held, advice=replace(ADVICE, lifts="slice-cap", exact=False)))
    assert " Bottleneck: slice-cap of regional left out 300 synthetic rows (31,000 tokens)." in lines
    assert lines[-1].endswith("would let up to 31,000 more synthetic tokens in.")


def test_no_bottleneck_is_said_with_the_room_that_is_left():
    assert room_lines(Headroom(limits=(RUN,), bottleneck=None, advice=None))[-1].startswith(" No limit holds text back: 100 more")


def test_a_bottleneck_that_human_rows_cannot_surely_lift_names_the_setting():
    assert "mixing.shard_rows" in room_lines(replace(ROOM, advice=None))[-1]


def test_labels_that_do_not_count_are_said_with_whose_they_are_and_why():
    said = [{"seq": 400 + n, "by": "steward-a", "rows": 1_200, "reason": "it is not signed"} for n in range(7)]
    assert label_lines([]) == []
    lines = label_lines(said)
    assert lines[0] == " Labels that do not count: ledger 400, 1,200 rows by steward-a: it is not signed."
    assert (len(lines), lines[-1][:4]) == (6, " 2 m")


def test_a_slice_that_looks_like_markup_is_shown_as_it_is():
    assert "\\[bold]" in room_lines(replace(ROOM, advice=replace(ADVICE, part="[bold]x")))[-1]


def test_slices_and_tasks_with_a_cap_of_their_own_are_shown_and_others_are_not():
    tokens = {"anchor": 90, "human": 750, "synthetic": 250}
    mix = {
        "slices": {"regional": tokens, "opinion": tokens},
        "tasks": {"[red]": tokens},
        "slice_caps": {"regional": 25},
        "task_caps": {"[red]": 50},
    }
    assert part_lines(mix) == [
        " slice regional: 25.0 % synthetic without anchors, cap 25 %",
        " task \\[red]: 25.0 % synthetic without anchors, cap 50 %",
    ]


def test_anchors_and_rare_slices_are_said_in_a_line_each():
    mix = {"anchor_passes": 237, "epochs": 2, "anchor_sampling": "even", "rare_slices": {}}
    assert anchor_lines(mix) == [" Anchors: shown 2.4 times in 2 epochs, even sampling."]
    rare = {f"beat [{n}]": {"anchor": 1, "human": 1} for n in range(7)}
    assert anchor_lines({**mix, "rare_slices": rare})[1] == (
        " Rare slices: 7 (beat \\[0], beat \\[1], beat \\[2], beat \\[3], beat \\[4], ...); all their human text is in every epoch."
    )


def test_words_that_a_recall_bars_are_said_by_whose_they_are():
    recalled = [{"version": 14, "ledger_seq": 431, "name": "student/14", "rows": 302, "tokens": 9000}]
    mix = {"dropped": {"near-duplicate": 1204, "recalled": 302}, "recalled": recalled}
    assert left_out_words(mix) == "1,204 near-duplicate, 302 tainted by student/14 (quarantined)"
    assert left_out_words({"dropped": {"recalled": 302}, "recalled": recalled}) == "302 tainted by student/14 (quarantined)"
    assert left_out_words({"dropped": {}, "recalled": []}) == "none"
