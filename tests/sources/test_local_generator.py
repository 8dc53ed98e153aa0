from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.drafting import CHUNK_REQUESTS, drafted
from governance.adapters.draft_file import DraftFile
from governance.adapters.generators.local import GENERATOR, make_teacher
from governance.adapters.synthetic_rows import SENTENCE_END, hybrid_text, requests_for, rows_of
from governance.digest import Manifest
from governance.errors import RefusedError
from governance.ports.generator import Author, Request
from governance.ports.language_model import Decoding, Score
from governance.ports.rows import rows_frame
from governance.ports.trainer import Trainer, TrainingCurve, TrainingJob
from governance.provenance.row import ROW_SCHEMA
from governance.training.recipe import Recipe


class Echo:
    """Continues every prompt by its place and the seed: two sentences of its own."""

    def score(self, texts: Sequence[str]) -> Sequence[Score]:
        return [Score(bits=1.0, tokens=1) for _ in texts]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        return [f" said number {n} of {decoding.seed}. Then it said more. And it ended." for n in range(len(prompts))]

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(text.split()) for text in texts]


AUTHOR = Author(name="docs-teacher", version="0123456789ab", model=Echo())
HUMAN = rows_frame(
    [
        {
            "row_id": f"h{n}",
            "text": f"People wrote row number {n} by hand and with a pen. They took care. It shows.",
            "origin": "human",
            "slice": f"s{n % 2}",
        }
        for n in range(5)
    ],
    "given",
)
quiet = lambda *_: None  # noqa: E731


def write(requests: Sequence[Request], decoding: Decoding | None = None) -> pl.DataFrame:
    chosen = decoding or Decoding(seed=3)
    with TemporaryDirectory() as folder:
        drafts = drafted(GENERATOR, AUTHOR, requests, chosen, file=DraftFile(folder=Path(folder), question="q"), progress=quiet)
    return rows_of(AUTHOR, requests, [tried[0] for tried in drafts], chosen.seed)


def test_every_request_becomes_one_row_that_names_its_author_and_is_never_human() -> None:
    asked = requests_for(HUMAN, prefix="syn", count=300, hybrids=40, seed=1)
    rows = write(asked)
    assert rows.schema == ROW_SCHEMA
    assert rows["row_id"].to_list() == [request.row_id for request in asked]
    assert rows["row_id"].is_unique().all()
    assert rows.group_by("origin").len().sort("origin").rows() == [("hybrid", 40), ("model", 260)]
    assert set(zip(rows["generator"], rows["generator_version"], strict=True)) == {("docs-teacher", "0123456789ab")}


def test_a_row_keeps_the_slice_of_its_parent_and_names_it() -> None:
    slices = dict(HUMAN.select("row_id", "slice").iter_rows())
    for row in write(requests_for(HUMAN, prefix="syn", count=12, hybrids=3, seed=2)).iter_rows(named=True):
        assert [row["slice"]] == [slices[parent] for parent in row["parent_ids"]]


def test_a_model_row_is_the_opening_and_the_continuation_and_chunks_have_seeds_of_their_own() -> None:
    rows = write([Request(row_id=f"r{n}", opening="It was") for n in range(CHUNK_REQUESTS + 1)])
    assert rows["text"].str.starts_with("It was said number").all()
    assert rows["text"].n_unique() == CHUNK_REQUESTS + 1


def test_rows_are_a_function_of_requests_and_decoding() -> None:
    asked = requests_for(HUMAN, prefix="syn", count=20, hybrids=10, seed=4)
    assert write(asked).equals(write(asked))
    assert not write(asked)["text"].equals(write(asked, Decoding(seed=4))["text"])


def test_a_hybrid_keeps_the_first_sentence_of_the_draft_and_holds_sentences_of_its_parent() -> None:
    rows = write(requests_for(HUMAN, prefix="syn", count=5, hybrids=5, seed=5))
    texts = dict(HUMAN.select("row_id", "text").iter_rows())
    for row in rows.iter_rows(named=True):
        parent = set(SENTENCE_END.split(texts[row["parent_ids"][0]]))
        written = SENTENCE_END.split(row["text"])
        assert written[0] not in parent
        assert parent.intersection(written)


SENTENCES = st.lists(st.text("abc ", min_size=1, max_size=9).map(lambda s: f"x{s.strip()}."), min_size=2, max_size=12)


@given(SENTENCES, SENTENCES, st.integers(1, 99), st.integers(0, 99))
def test_a_hybrid_replaces_its_share_of_sentences_and_never_the_first(draft: list[str], human: list[str], percent: int, seed: int) -> None:
    drafted = [f"D{n}{sentence}" for n, sentence in enumerate(draft)]
    written = hybrid_text(" ".join(drafted), " ".join(f"H{sentence}" for sentence in human), percent, seed)
    changed = sum(a != b for a, b in zip(SENTENCE_END.split(written), SENTENCE_END.split(" ".join(drafted)), strict=True))
    count = len(SENTENCE_END.split(" ".join(drafted)))
    assert changed == min(max(1, round(count * percent / 100)), count - 1)
    assert written.startswith("D0")


def test_a_draft_of_one_sentence_gets_a_human_sentence_behind_it() -> None:
    assert hybrid_text("One draft", "First. Last.", 35, 0) == "One draft Last."


@pytest.mark.parametrize("wrong", [{"opening": " "}, {"human_percent": 35}, {"human_percent": 100, "parent_id": "h", "parent_text": "t"}])
def test_an_impossible_request_cannot_be_made(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"opening|hybrid|human_percent"):
        Request(**{"row_id": "r", "opening": "It", **wrong})


def test_an_author_without_a_version_cannot_write() -> None:
    with pytest.raises(ValueError, match="unknown provenance"):
        Author(name="m", version="", model=Echo())


def found(texts: Sequence[str], recipe: Recipe, seed: int, folder: Path) -> None:
    folder.mkdir()
    (folder / "config.json").write_text(f"{len(texts)} {recipe.width} {seed}")


def train(job: TrainingJob) -> TrainingCurve:
    mix = pl.read_parquet(job.rows)
    assert set(mix["role"]) == {"human"}
    assert mix["tokens"].min() > 0
    assert (job.recipe.epochs, job.recipe.learning_rate) == (WIDE.founding_epochs, WIDE.founding_learning_rate)
    job.checkpoint.mkdir()
    (job.checkpoint / "config.json").write_text((job.start / "config.json").read_text() + f" {mix.height}")
    job.progress(1, 1, 0.5)
    return TrainingCurve(steps=(), losses=(), learning_rates=(), gradient_norms=())


def killed(job: TrainingJob) -> TrainingCurve:
    job.checkpoint.mkdir()
    (job.checkpoint / "config.json").write_text("half")
    raise KeyboardInterrupt


TRAINER = Trainer(name="tiny", found=found, train=train, open=lambda _: Echo(), counter=lambda _: Echo().count_tokens)
WIDE = Recipe(width=160, layers=4, heads=4)


def test_a_teacher_is_made_of_human_rows_and_named_by_its_manifest(tmp_path: Path) -> None:
    digest = make_teacher(TRAINER, HUMAN, WIDE, seed=7, folder=tmp_path / "teacher", progress=quiet)
    assert digest == Manifest.of(tmp_path / "teacher").digest
    assert (tmp_path / "teacher" / "config.json").read_text() == "5 160 7 5"
    assert [path.name for path in tmp_path.iterdir()] == ["teacher"]


def test_a_teacher_that_is_there_is_frozen(tmp_path: Path) -> None:
    first = make_teacher(TRAINER, HUMAN, WIDE, seed=7, folder=tmp_path / "teacher", progress=quiet)
    assert make_teacher(TRAINER, HUMAN, WIDE, seed=8, folder=tmp_path / "teacher", progress=quiet) == first


def test_a_teacher_does_not_learn_from_a_row_that_is_not_human(tmp_path: Path) -> None:
    rows = pl.concat([HUMAN, write([Request(row_id="machine-1", opening="It")])])
    with pytest.raises(RefusedError, match="machine-1"):
        make_teacher(TRAINER, rows, WIDE, seed=7, folder=tmp_path / "teacher", progress=quiet)
    assert not list(tmp_path.iterdir())


def test_a_killed_making_leaves_no_half_teacher_and_the_next_one_is_whole(tmp_path: Path) -> None:
    dying = Trainer(name="tiny", found=found, train=killed, open=lambda _: Echo(), counter=lambda _: Echo().count_tokens)
    with pytest.raises(KeyboardInterrupt):
        make_teacher(dying, HUMAN, WIDE, seed=7, folder=tmp_path / "teacher", progress=quiet)
    assert not (tmp_path / "teacher").exists()
    digest = make_teacher(TRAINER, HUMAN, WIDE, seed=7, folder=tmp_path / "teacher", progress=quiet)
    assert digest == make_teacher(TRAINER, HUMAN, WIDE, seed=7, folder=tmp_path / "other", progress=quiet)


def test_synthetic_rows_have_no_parents_but_human_ones() -> None:
    with pytest.raises(RefusedError, match="not human"):
        requests_for(write([Request(row_id="machine-1", opening="It")]), prefix="syn", count=1, hybrids=0, seed=1)
