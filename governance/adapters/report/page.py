"""The report of one cycle: a single HTML file that needs nothing from anywhere, escapes everything and says its verdict first."""

from collections.abc import Sequence

from governance.adapters.report import contents, drawing, verdict
from governance.adapters.report.course import course_of
from governance.adapters.report.documents import CycleDocuments, SamplePair
from governance.adapters.report.laundering import laundering_of
from governance.adapters.report.tasks import tasks_shown, with_tasks
from governance.adapters.report.template import page_template
from governance.adapters.report.visible import line, visible
from governance.advice.watched import watched
from governance.gates.matched import matched_of
from governance.gates.meanings import covered
from governance.gates.retraining import noise_words

SAMPLE_CHARACTERS = 700
NEXT = {
    "pass": ("heirloom promote", "makes the candidate champion"),
    "block": ("heirloom history", "shows what serves now: the candidate changed nothing"),
    "inconclusive": ("heirloom plan", "shows what a larger cycle would take"),
}
ON_A_PASS = {
    "review": ("heirloom approve VERSION", "after reading this; the version's number is on the registry page"),
    "auto": ("heirloom status", "shows who serves: the policy lets a candidate that passes out by itself"),
}
"""By the policy's mode of promotion; what a pass asks for where the cycle names none is in `NEXT`."""


def render(documents: CycleDocuments) -> str:
    """The whole page. It holds no address outside itself, no script, and no text of a row but the samples, in <pre> and escaped."""
    decision, cycle = documents.decision, documents.cycle
    slices_of, slices = verdict.slice_rows(documents)
    return page_template("report.html").render(
        title=f"{line(str(cycle['model']), 80)}, cycle {cycle['number']}",
        cycle=cycle,
        verdict=verdict.verdict_of(decision),
        headline=verdict.headline(decision),
        reason=line(str(decision.get("reason") or ""), 600),
        diagnosis=line(str(decision.get("diagnosis") or ""), 600),
        matched=[line(one.sentence(), 300) for one in matched_of(decision)],
        alarms=[line(str(alarm), 300) for alarm in decision.get("alarms") or ()],
        watched=[line(one.sentence(), 300) for one in watched(documents.measures, decision)],
        worst=verdict.worst_slice_words(documents),
        gates=verdict.gate_rows(documents),
        moved=line(verdict.moved_words(cycle), 600),
        uncalibrated=decision.get("calibrated") is False,
        noise=line(noise_words(decision.get("retrain_noise") or {}), 600),
        gates_off=[line(str(name), 80) for name in decision.get("gates_off") or ()],
        slices_of=slices_of,
        slices=slices,
        metrics=contents.metric_rows(documents),
        course=course_of(documents),
        unmeasured=contents.unmeasured_rows(documents),
        meanings=with_tasks(covered(decision, documents.measures), documents.tasks),
        tasks=tasks_shown(documents.tasks),
        mix=documents.mix,
        mix_share=contents.synthetic_share(contents.whole_run(documents.mix)) if documents.mix else "",
        weights=contents.weights_words(documents.mix) if documents.mix else "",
        shards=contents.shard_rows(documents.mix) if documents.mix else (),
        audit=documents.audit,
        origins=contents.origin_rows(documents.audit),
        refused=contents.refused_rows(documents),
        tail_rows=contents.tail_rows(documents.mix),
        benchmarks=contents.benchmark_rows(documents.mix),
        mix_alarms=contents.mix_alarms(documents.mix, documents.audit),
        expectations=contents.expectation_rows(documents.audit),
        laundering=laundering_of(documents.laundering),
        lineage=contents.lineage_facts(documents),
        curve=contents.training_curve(documents.training),
        samples=[_shown(pair) for pair in documents.samples],
        digests=_digests(documents),
        next_command=next_command(documents),
        hatching=drawing.hatching(),
    )


def next_command(documents: CycleDocuments) -> tuple[str, str]:
    """What a person types next, and why."""
    found = verdict.verdict_of(documents.decision)
    mode = ((documents.cycle.get("policy") or {}).get("promotion") or {}).get("mode")
    return ON_A_PASS.get(str(mode), NEXT[found]) if found == "pass" else NEXT[found]


def _shown(pair: SamplePair) -> SamplePair:
    return SamplePair(
        prompt_id=line(pair.prompt_id, 60),
        slice=line(pair.slice, 60),
        temperature=pair.temperature,
        candidate=visible(pair.candidate, SAMPLE_CHARACTERS),
        reference=visible(pair.reference, SAMPLE_CHARACTERS),
        reference_model=pair.reference_model,
    )


def _digests(documents: CycleDocuments) -> Sequence[tuple[str, str]]:
    lineage, mix, cycle = documents.lineage or {}, documents.mix or {}, documents.cycle
    found = [
        ("cycle.json", documents.cycle_digest),
        ("decision.json", documents.decision_sha256),
        ("policy", documents.decision.get("policy_sha256")),
        ("checkpoint", lineage.get("checkpoint")),
        ("mix root", mix.get("root")),
        ("batch", (cycle.get("batch") or {}).get("digest")),
        *((f"shard {name}", digest) for name, digest in sorted((cycle.get("shards") or {}).items())),
    ]
    return [(name, line(str(digest), 64)) for name, digest in found if digest]
