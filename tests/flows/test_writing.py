"""The frozen teacher writes under the policy's decoding, says how, and is refused where it is not who was pinned."""

import json
from pathlib import Path

import polars as pl
import pytest

from flows.finish import archive_of
from flows.writing import Synthesis, document_beside, written_for
from governance.digest import Manifest, digest_document, digest_file, write_document
from governance.errors import IntegrityError, PolicyError, RefusedError, UsageError
from governance.provenance.emissions import read_emissions
from governance.provenance.rejection import similarity
from governance.release import kinds
from tests.flows.synthesis_shop import QuickShop, batch_of, make_checkpoint, make_shop
from tests.world import Killed

SHARP = "[synthesis.decoding]\ntemperature = 0.7\ntop_p = 0.9\n"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("teacher") / "checkpoint")


def write(shop: QuickShop) -> Synthesis:
    return written_for(shop, batch_of(shop.workspace.root), None)


def bodies(shop: QuickShop, kind: str) -> list[dict[str, object]]:
    return [dict(event.body) for event in shop.events.kept if event.kind == kind]


def test_rows_and_their_document_lie_side_by_side_and_the_ledger_names_both(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    done = write(shop)
    rows = Path(done.file)
    assert (done.changed, done.warnings) == (True, ())
    document = json.loads(document_beside(rows).read_text())
    assert document["decoding"] == {"temperature": 1, "top_p": 1, "max_new_tokens": 96, "seed": 7, "sharpened": False}
    assert (document["generator"], document["digest"], document["digest_checked"]) == ("tutor", Manifest.of(checkpoint).digest, True)
    assert document["rows"] == {"model": 10, "hybrid": 2}
    (said,) = bodies(shop, kinds.ROWS_SYNTHESIZED)
    assert said["rows_sha256"] == document["rows_sha256"] == digest_file(rows)
    assert said["document_sha256"] == digest_document(document)
    assert (said["rows"], said["decoding"], said["prompts_sha256"]) == (12, document["decoding"], document["prompts_sha256"])


def test_no_document_and_no_event_holds_a_text(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    done = write(shop)
    said = document_beside(Path(done.file)).read_text() + json.dumps([dict(event.body) for event in shop.events.kept])
    for text in pl.read_parquet(done.file)["text"]:
        assert text[:20] not in said


def test_decoding_is_sharpened_only_where_policy_says_so_and_then_it_is_warned_about_and_recorded(tmp_path: Path, checkpoint: Path):
    plain, sharp = make_shop(tmp_path / "plain", checkpoint), make_shop(tmp_path / "sharp", checkpoint, policy=SHARP)
    done = write(sharp)
    assert [w.partition(":")[0] for w in done.warnings] == ["decoding is sharpened (temperature 0.7, top-p 0.9)"]
    assert bodies(sharp, kinds.ROWS_SYNTHESIZED)[0]["decoding"]["sharpened"] is True  # type: ignore[index]
    assert not pl.read_parquet(done.file)["text"].equals(pl.read_parquet(write(plain).file)["text"])
    with pytest.raises(PolicyError, match="unknown setting 'temperature'"):
        _ = make_shop(tmp_path / "set", checkpoint, settings="temperature = 0.7\n").settings


def test_a_second_call_finds_the_rows_and_says_what_was_recorded_even_of_their_decoding(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint, policy=SHARP)
    first = write(shop)
    again = make_shop(tmp_path, checkpoint)
    again = QuickShop(workspace=again.workspace, clock=shop.clock, actor="ann", events=shop.events, models=shop.models)
    second = write(again)
    assert (second.changed, second.document, len(second.warnings)) == (False, json.loads(json.dumps(first.document)), 1)
    assert len(bodies(shop, kinds.ROWS_SYNTHESIZED)) == 1


@pytest.mark.parametrize("change", ["rows", "document"])
def test_rows_or_a_document_that_somebody_changed_are_an_integrity_error(tmp_path: Path, checkpoint: Path, change: str):
    shop = make_shop(tmp_path, checkpoint)
    rows = Path(write(shop).file)
    if change == "rows":
        pl.read_parquet(rows).with_columns(origin=pl.lit("human"), generator=None, generator_version=None).write_parquet(rows)
    else:
        document = json.loads(document_beside(rows).read_text())
        write_document(document_beside(rows), {**document, "decoding": {**document["decoding"], "temperature": 0.5}})
    with pytest.raises(IntegrityError, match="fix: remove"):
        write(shop)


@pytest.mark.parametrize("at", [kinds.TEACHER_PINNED, kinds.EMISSIONS_ENTERED, kinds.ROWS_SYNTHESIZED])
@pytest.mark.parametrize("when", ["before_append", "after_append"])
def test_killed_around_any_event_the_next_call_writes_the_same_rows_and_records_them_once(
    tmp_path: Path, checkpoint: Path, at: str, when: str
):
    expected = write(make_shop(tmp_path / "whole", checkpoint))
    shop = make_shop(tmp_path / "killed", checkpoint)

    def die(event):  # type: ignore[no-untyped-def]
        if event.kind == at:
            raise Killed(at)

    setattr(shop.events, when, die)
    with pytest.raises(Killed):
        write(shop)
    assert not list(batch_of(shop.workspace.root).glob("tutor.parquet"))
    setattr(shop.events, when, lambda event: None)
    done = write(shop.again())
    assert done.document == expected.document
    assert [len(bodies(shop, kind)) for kind in (kinds.TEACHER_PINNED, kinds.EMISSIONS_ENTERED, kinds.ROWS_SYNTHESIZED)] == [1, 1, 1]


def test_every_row_is_in_the_emission_ledger_before_it_is_in_the_inbox(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    done = write(shop)
    assert read_emissions(shop.workspace.emissions / "emissions.parquet").rows == pl.read_parquet(done.file).height == 12
    order = shop.events.kinds()
    assert order.index(kinds.EMISSIONS_ENTERED) < order.index(kinds.ROWS_SYNTHESIZED)


def test_a_teacher_that_is_not_on_the_list_is_refused(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    shop.workspace.policy.write_text(shop.workspace.policy.read_text().replace("tutor", "other"))
    with pytest.raises(RefusedError, match="teacher 'tutor' is not on the allow-list\nexpected: other"):
        write(shop)
    assert shop.events.kept == []


def test_a_teacher_that_policy_knows_by_another_digest_is_refused_before_it_is_pinned(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    shop.workspace.policy.write_text(shop.workspace.policy.read_text().replace('"pinned"', f'"{"0" * 64}"'))
    with pytest.raises(RefusedError, match="teacher tutor is "):
        write(shop)
    assert shop.events.kept == []


@pytest.mark.parametrize("place", ["kept", "came from"])
def test_a_teacher_whose_weights_moved_is_refused_wherever_they_moved(tmp_path: Path, checkpoint: Path, place: str):
    brought = make_checkpoint(tmp_path / "brought")
    shop = make_shop(tmp_path / "shop", brought)
    done = write(shop)
    Path(done.file).unlink()
    folder = shop.store.path(done.document["digest"]) if place == "kept" else brought
    (folder / "config.json").write_text("{}")
    with pytest.raises(RefusedError, match="teacher tutor has moved"):
        write(shop.again())


def release_of(shop: QuickShop, folder: Path, start: Path | None = None) -> None:
    """A checkpoint becomes a release of the student's line, with its lineage in the archive."""
    digest = shop.models.put(folder)
    body = dict.fromkeys(kinds.BODIES[kinds.CANDIDATE_REGISTERED], 0)
    texts = dict.fromkeys(("decision_sha256", "policy_sha256", "run_url"), "x")
    facts = {"version": 1, "cycle": 1, "cycle_digest": "c" * 64, "checkpoint": digest, "verdict": "block", "kind": "retraining"}
    shop.ledger.record(kinds.CANDIDATE_REGISTERED, {**body, **texts, **facts, "past_share": None, "levels": None})
    lineage = {"checkpoint": digest, "start": Manifest.of(start).digest if start else "0" * 64, "teachers": {}}
    write_document(archive_of(shop, "c" * 64) / "lineage.json", lineage)


def test_a_release_of_the_student_is_no_teacher_even_if_it_was_blocked(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    release_of(shop, checkpoint)
    with pytest.raises(RefusedError, match="teacher tutor descends from a student"):
        write(shop)
    assert kinds.TEACHER_PINNED not in shop.events.kinds()


def test_what_a_student_started_from_is_no_teacher(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path / "shop", checkpoint)
    release_of(shop, make_checkpoint(tmp_path / "student", rows_read=30), start=checkpoint)
    with pytest.raises(RefusedError, match="teacher tutor descends from a student"):
        write(shop)


def test_a_teacher_that_became_a_students_ancestor_after_it_was_pinned_is_refused(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    Path(write(shop).file).unlink()
    release_of(shop, checkpoint)
    with pytest.raises(RefusedError, match="descends from a student"):
        write(shop.again())


@pytest.mark.parametrize("place", ["inside", "beside"])
def test_a_teacher_that_comes_with_the_lineage_of_a_students_child_is_refused(tmp_path: Path, place: str):
    student, teacher = make_checkpoint(tmp_path / "student", rows_read=30), make_checkpoint(tmp_path / "brought" / "teacher")
    shop = make_shop(tmp_path / "shop", teacher)
    release_of(shop, student)
    lineage = {"checkpoint": Manifest.of(teacher).digest, "start": Manifest.of(student).digest, "teachers": {}}
    write_document((teacher if place == "inside" else teacher.parent) / "lineage.json", lineage)
    with pytest.raises(RefusedError, match=r"descends from a student: \w{12} <- \w{12}"):
        write(shop)


def test_a_students_weights_under_another_digest_are_no_teacher(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path / "shop", make_checkpoint(tmp_path / "disguised"))
    release_of(shop, checkpoint)
    config = tmp_path / "disguised" / "config.json"
    config.write_text(config.read_text() + "\n")
    with pytest.raises(RefusedError, match=r"has weights of the student's checkpoint(.|\n)*safetensors"):
        write(shop)


def test_only_slices_and_tasks_that_policy_permits_are_asked_for_and_the_rest_is_counted(tmp_path: Path, checkpoint: Path):
    done = write(make_shop(tmp_path, checkpoint, policy='[synthesis.prompts]\nslices = ["sport"]\n'))
    assert set(pl.read_parquet(done.file)["slice"]) == {"sport"}
    assert done.document["prompts"] == {"requests": 6, "human_rows_set_aside": 10}


@pytest.mark.parametrize(
    ("policy", "settings", "said"),
    [
        ('[synthesis.prompts]\ntasks = ["headline"]\n', "", "none of 20 human rows may be asked about"),
        ("[synthesis.prompts]\nmost_rows_percent = 20\n", "", "60 rows are wanted for 100 human ones"),
    ],
)
def test_what_policy_does_not_permit_is_not_written(tmp_path: Path, checkpoint: Path, policy: str, settings: str, said: str):
    shop = make_shop(tmp_path, checkpoint, policy=policy, settings=settings)
    with pytest.raises(RefusedError, match=said):
        write(shop)
    assert not list(batch_of(tmp_path).glob("*tutor*"))


@pytest.mark.parametrize("place", ["elsewhere/batch.parquet", "shop/shards/human.parquet", "shop/inbox/gone.parquet", "shop/inbox"])
def test_nothing_is_moved_or_written_outside_the_inbox(tmp_path: Path, checkpoint: Path, place: str):
    shop = make_shop(tmp_path / "shop", checkpoint)
    for name in ("elsewhere/batch.parquet", "shop/shards/human.parquet"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"rows")
    with pytest.raises(UsageError, match="is no batch in the inbox"):
        written_for(shop, tmp_path / place, None)
    assert shop.events.kept == []


def test_a_batch_of_one_file_becomes_a_folder_in_which_the_rows_lie_beside_it(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint)
    (batch_of(tmp_path) / "human.parquet").rename(tmp_path / "inbox" / "cycle-2.parquet")
    done = written_for(shop, tmp_path / "inbox" / "cycle-2.parquet", None)
    assert sorted(path.name for path in Path(done.file).parent.glob("[!.]*")) == ["cycle-2.parquet", "tutor.parquet"]


def similarities(rows: pl.DataFrame, human: pl.DataFrame) -> list[float]:
    parents = dict(human.select("row_id", "text").iter_rows())
    return [similarity(row["text"], parents[row["parent_ids"][0]]) for row in rows.iter_rows(named=True)]


def test_of_several_drafts_the_one_nearest_to_its_human_row_is_written_and_the_others_are_counted_and_remembered(
    tmp_path: Path, checkpoint: Path
):
    policy = "[synthesis.rejection]\ncandidates = 6\nmost_copied_percent = 100\n"
    settings = "hybrid_rows_percent = 0\n"
    one = write(make_shop(tmp_path / "one", checkpoint, settings=settings))
    shop = make_shop(tmp_path / "six", checkpoint, policy=policy, settings=settings)
    six = write(shop)
    human = pl.read_parquet(batch_of(tmp_path / "six") / "human.parquet")
    before, after = (similarities(pl.read_parquet(done.file), human) for done in (one, six))
    assert sum(after) > sum(before)
    assert (six.document["rejected"], six.document["rejection"]["reasons"]) == (50, {"another-was-nearer": 50})
    assert bodies(shop, kinds.ROWS_SYNTHESIZED)[0]["rejected"] == 50
    assert 40 <= read_emissions(shop.workspace.emissions / "emissions.parquet").rows <= 60  # two drafts may be the same
    assert any("nearest of 6 drafts" in said for said in six.warnings)


def test_where_no_draft_is_like_people_nothing_is_written_and_what_was_is_remembered(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint, policy="[synthesis.rejection]\nleast_percent = 100\n")
    with pytest.raises(RefusedError, match=r"no draft of 12 prompts was accepted: \d+ "):
        write(shop)
    assert not list(batch_of(tmp_path).glob("tutor*"))
    assert read_emissions(shop.workspace.emissions / "emissions.parquet").rows > 0


def test_a_score_of_a_model_of_ours_chooses_nothing(tmp_path: Path, checkpoint: Path):
    shop = make_shop(tmp_path, checkpoint, policy='[synthesis.rejection]\ncandidates = 4\nchoose_by = "teacher-likelihood"\n')
    with pytest.raises(PolicyError, match=r"synthesis.rejection: choose_by: 'teacher-likelihood'(.|\n)*R24"):
        write(shop)
