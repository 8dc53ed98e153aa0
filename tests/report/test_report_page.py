"""The report: verdict first, self-contained, and hostile text is only text."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest
from cycle_on_disk import HOSTILE, write_cycle
from markupsafe import escape

from governance.adapters.report.documents import read_cycle
from governance.adapters.report.page import next_command, render
from governance.adapters.report.visible import visible
from governance.digest import read_document, write_document
from governance.errors import IntegrityError

CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
LIMIT_BYTES = 300_000
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class Tags(HTMLParser):
    """Every tag with its attributes, and all text that is no style, as a browser would read the page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1][0] != "style":
            self.text += data


def read_page(page: str) -> Tags:
    found = Tags()
    found.feed(page)
    return found


def test_the_verdict_is_the_first_heading_and_the_title(blocked: Path) -> None:
    page = render(read_cycle(blocked))
    assert "<title>student, cycle 3: block</title>" in page
    assert re.search(r"<h1>(.*?)</h1>", page)[1] == "Block: 1 of 6 gates is beyond the limit"  # type: ignore[index]
    assert page.index("<h1>") < page.index("<h2>")


@pytest.mark.parametrize("verdict", ["pass", "block", "inconclusive"])
def test_every_gate_stands_with_its_number_its_interval_its_limit_and_its_word(tmp_path: Path, verdict: str) -> None:
    documents = read_cycle(write_cycle(tmp_path / "cycle", verdict))
    text = " ".join(read_page(render(documents)).text.split())
    change = {"pass": "+1.2 % [+0.3, +2.1]", "block": "+8.3 % [+7.4, +9.2]", "inconclusive": "+4.7 % [+3.8, +5.6]"}[verdict]
    needed = ", 410 would settle it" if verdict == "inconclusive" else ""
    assert f"{change} limit ≤ +5.0 %, n = 240{needed} {verdict}" in text
    assert "within ±10.0 %" in text
    assert "≥ \N{MINUS SIGN}3.0 %" in text
    assert next_command(documents)[0] in text


@pytest.mark.parametrize(("mode", "command"), [("auto", "heirloom status"), ("review", "heirloom approve VERSION")])
def test_nobody_is_sent_to_promote_what_the_policy_promotes(tmp_path: Path, mode: str, command: str) -> None:
    folder = write_cycle(tmp_path / "cycle", "pass")
    document = read_document(folder / "cycle.json")
    document["policy"]["promotion"] = {"mode": mode}
    write_document(folder / "cycle.json", document)
    assert next_command(read_cycle(folder))[0] == command


def test_the_gate_that_did_not_pass_comes_first(blocked: Path) -> None:
    document = read_document(blocked / "decision.json")
    document["gates"].reverse()
    write_document(blocked / "decision.json", document)
    page = render(read_cycle(blocked))
    assert page.index('class="word block"') < page.index('class="word pass"')


def test_the_page_asks_nothing_of_anybody(hostile: Path) -> None:
    page = render(read_cycle(hostile))
    found = read_page(page)
    names = {tag for tag, _ in found.tags}
    assert not names & {"script", "link", "iframe", "object", "embed", "form", "a", "img", "base", "foreignobject", "use"}
    attributes = {name for _, given in found.tags for name in given}
    assert not {name for name in attributes if name.startswith("on") or name in {"src", "href", "xlink:href", "action", "srcset"}}
    assert not re.search(r"https?://|url\((?!#)|@import|//[a-z]", page)
    assert ("meta", {"http-equiv": "Content-Security-Policy", "content": CSP}) in found.tags
    assert found.tags.index(("meta", {"http-equiv": "Content-Security-Policy", "content": CSP})) < 5
    assert len(page.encode()) < LIMIT_BYTES


def test_hostile_text_is_shown_as_text_and_texts_of_models_only_in_pre(hostile: Path) -> None:
    page = render(read_cycle(hostile))
    assert "<script" not in page
    assert str(escape("<script>document.title='hacked'</script>")) in page
    assert "⟦U+202E⟧evil⟦U+001B⟧[31m⟦U+0000⟧" in page
    assert not set(page) & set("\x00\x1b\u202e")
    outside = re.sub(r"<pre>.*?</pre>", "", page, flags=re.DOTALL)
    assert "event loop runs callbacks" in page
    assert "event loop runs callbacks" not in outside


def test_a_huge_sample_is_cut_and_the_page_stays_small(passed: Path) -> None:
    frame = pl.read_parquet(passed / "samples.parquet").with_columns(text=pl.lit("<" * 2_000_000))
    frame.write_parquet(passed / "samples.parquet")
    page = render(read_cycle(passed))
    assert len(page.encode()) < LIMIT_BYTES
    assert "&lt;…</pre>" in page


def test_a_thousand_shards_and_slices_and_rules_keep_the_page_small(passed: Path) -> None:
    measures, mix = read_document(passed / "measures.json"), read_document(passed / "mix.json")
    one = next(iter(measures["metrics"][0]["slices"].values()))
    measures["metrics"][0]["slices"] = {f"slice {n}": one for n in range(1000)}
    mix["shards"] = [{**mix["shards"][0], "shard": n} for n in range(1000)]
    write_document(passed / "measures.json", measures)
    write_document(passed / "mix.json", mix)
    page = render(read_cycle(passed))
    assert "of 1000" in page
    assert len(page.encode()) < LIMIT_BYTES


def test_what_the_filters_left_of_the_tail_stands_beside_what_was_left_out(passed: Path) -> None:
    page = render(read_cycle(passed))
    for said in ("31 of 40", "790 of 812", "slice asyncio keeps 20 of 60 human rows, under the floor of 50 %: 40 overlaps-tail"):
        assert said in page


def test_a_founding_cycle_has_no_champion_and_its_page_says_so_with_dashes(founding: Path) -> None:
    text = " ".join(read_page(render(read_cycle(founding))).text.split())
    assert "Pass: the only gate holds" in text
    assert "fresh weights" in text
    assert "What it writes" not in text
    assert "no synthetic ancestor" in text


@pytest.mark.parametrize("missing", ["audit", "mix", "training", "lineage", "measures"])
def test_a_cycle_that_stopped_early_still_has_its_page(passed: Path, missing: str) -> None:
    (passed / f"{missing}.json").unlink()
    (passed / "samples.parquet").unlink()
    assert "Pass" in render(read_cycle(passed))


def test_a_cycle_that_wrote_its_decision_alone_still_has_its_page(blocked: Path) -> None:
    for path in blocked.iterdir():
        if path.name not in {"cycle.json", "decision.json"} and path.is_file():
            path.unlink()
    text = read_page(render(read_cycle(blocked))).text
    assert "This cycle trained nothing" in text
    assert "This cycle planned no mix" in text


def test_a_reading_that_was_not_taken_is_a_dash_with_its_reason(passed: Path) -> None:
    measures = read_document(passed / "measures.json")
    entry = measures["metrics"][0]
    entry["values"]["candidate"] = None
    entry["against"]["baseline"] = {"change": None, "reason": "no document of the tail shard was scored with the baseline"}
    entry["slices"] = {"asyncio": {"change": None, "reason": "three documents are too few"}}
    write_document(passed / "measures.json", measures)
    text = read_page(render(read_cycle(passed))).text
    assert "no document of the tail shard was scored with the baseline" in text
    assert "three documents are too few" in text


def test_an_unknown_verdict_is_never_shown_as_a_pass(passed: Path) -> None:
    decision = read_document(passed / "decision.json")
    decision["verdict"] = "passed"
    write_document(passed / "decision.json", decision)
    page = render(read_cycle(passed))
    assert "<h1>Inconclusive" in page
    assert '<header class="verdict inconclusive">' in page


def test_a_gate_without_a_number_shows_its_reason_and_no_picture(passed: Path) -> None:
    decision = read_document(passed / "decision.json")
    decision["gates"][0] |= {"verdict": "inconclusive", "reason": "not-measured", "change": None, "low": None, "high": None, "n": None}
    decision |= {"verdict": "inconclusive", "reason": "not-measured"}
    write_document(passed / "decision.json", decision)
    page = render(read_cycle(passed))
    assert "no interval" in page
    assert "<h1>Inconclusive: 1 of 6 gates could not be decided</h1>" in page


def test_margins_that_nobody_calibrated_and_gates_that_are_off_are_named(passed: Path) -> None:
    text = read_page(render(read_cycle(passed))).text
    assert "no drill has calibrated them" in text
    assert "Switched off by the policy: distinct_3." in text


def test_review_mode_sends_the_reader_to_approve(passed: Path) -> None:
    cycle = read_document(passed / "cycle.json")
    cycle["policy"]["promotion"]["mode"] = "review"
    write_document(passed / "cycle.json", cycle)
    assert "heirloom approve VERSION" in render(read_cycle(passed))


def test_a_document_of_another_schema_is_refused_by_name(passed: Path) -> None:
    mix = read_document(passed / "mix.json")
    write_document(passed / "mix.json", {**mix, "schema": "heirloom/mix/2"})
    with pytest.raises(IntegrityError, match=r"mix\.json: schema"):
        read_cycle(passed)


def test_the_page_is_a_function_of_the_documents(passed: Path) -> None:
    assert render(read_cycle(passed)) == render(read_cycle(passed))


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with")
def test_a_browser_that_runs_scripts_leaves_the_title_alone_and_fetches_nothing(hostile: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text(render(read_cycle(hostile)))
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    opened = [CHROMIUM or "", *QUIET, profile, "--enable-logging=stderr", "--dump-dom", page.as_uri()]
    seen = subprocess.run(opened, capture_output=True, text=True, timeout=120, check=True)
    assert "<title>student, cycle 3: inconclusive</title>" in seen.stdout
    assert "Content Security Policy" not in seen.stderr
    assert visible(HOSTILE, 600)[:20] in read_page(seen.stdout).text
