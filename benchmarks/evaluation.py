"""What the embedded default's evaluation costs: models answer the questions of the shipped policy, the run makes its controls of the
champion, and every metric reads the answers.

    python -m benchmarks.evaluation [--seed 7] [--models 3]

The questions are those of a real workspace: the documentation of the running Python, parted as the source `python-docs` parts it, with the
policy of the repository's root. The models are founded and not trained: random weights seldom end a text early, so sampling costs what it
can cost at most. The share of asking about rare words is shown beside scoring without them, and that of the controls beside the models.
There is no peer for the whole, so it stands beside the project's own limit; starting the stages, importing torch and judging are not in it.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.sentinel_sentences import sentinel_rows
from governance.adapters.sources.python_docs import PythonDocsSettings, part
from governance.adapters.stdlib_texts import Document, documents
from governance.adapters.trainers.transformer import TRAINER
from governance.collapse.controls import measure_controls, run_plan
from governance.collapse.evidence import MODELS, Evidence
from governance.collapse.pinned import Pinned
from governance.collapse.report import measure_evidence, shipped_metrics
from governance.policy import read_policy
from governance.stages.asking import Questions, ask
from governance.stages.known import ask_controls

ROOT = Path(__file__).parents[1]
OPENING_WORDS = 7
LIMIT_SECONDS = 60
"""Of the whole evaluation on two cores."""


def spent(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """(CPU seconds of all threads, seconds on the clock, what the work returned)."""
    cpu, clock = time.process_time(), time.perf_counter()
    answer = work()
    return time.process_time() - cpu, time.perf_counter() - clock, answer


def frame(found: list[Document], shard: str) -> pl.DataFrame:
    rows = [(shard, d.row_id, d.source_id, d.slice, d.text) for d in sorted(found, key=lambda d: d.row_id)]
    return pl.DataFrame(rows, schema=["shard", "doc_id", "source_id", "slice", "text"], orient="row")


def questions_of(sets: dict[str, list[Document]], seed: int) -> Questions:
    """What the probe stage would ask in a workspace of the embedded default."""
    plan = read_policy(ROOT / "policy.toml").probe
    shards = [frame(sets[name], name) for name in ("tail", "human")]
    training = frame(sets["base"][: plan.training_sample], "training")
    asked = [(f"prompt-{d.row_id}", " ".join(d.text.split()[:OPENING_WORDS]), d.slice) for d in sets["prompts"]]
    prompts = pl.DataFrame(asked, schema=["prompt_id", "text", "slice"], orient="row").sort("prompt_id")
    sentinels = sentinel_rows(sets["prompts"], sets["base"])
    return Questions.of(plan, pl.concat([*shards, training]), prompts, sentinels, seed=seed)


def read_all(evidence: Evidence, controls: Evidence, questions: Questions, human: list[str]) -> None:
    """What the measure stage does with a probe's tables."""
    plan, seed, documents = questions.plan, questions.seed, questions.documents
    measure_evidence(evidence, human, plan, seed)
    shards = {name: documents.filter(shard=name).rename({"doc_id": "row_id"}) for name in ("tail", "human")}
    pinned = Pinned(rows={**shards, "prompts": questions.prompts})
    measure_controls(controls, evidence, pinned, plan, seed=seed, metrics=shipped_metrics(), noises={})


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--models", type=int, default=3, choices=range(1, len(MODELS) + 1))
    chosen = options.parse_args()
    sets, _ = part(documents(), PythonDocsSettings())
    questions = questions_of(sets, chosen.seed)
    recipe = read_policy(ROOT / "policy.toml").training.recipe
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "start"
        TRAINER.found([d.text for d in sets["base"]], recipe, chosen.seed, folder)
        model = TRAINER.open(folder)
        texts = questions.documents["text"].to_list()
        model.score(texts[:50])
        plain, _, _ = spent(lambda: model.score(texts))
        words, _, _ = spent(lambda: model.score(texts, questions.words))
        asking, clock, tables = spent(lambda: [ask(model, questions, lambda _: None) for _ in range(chosen.models)])
        few = questions.of_gates(run_plan(questions.plan))
        checking, checked, controls = spent(lambda: ask_controls(model, few, lambda _: None))
    frames = [
        pl.concat([found[place].select(pl.lit(name).alias("model"), pl.all()) for name, found in zip(MODELS, tables, strict=False)])
        for place in range(3)
    ]
    human = [d.text for d in sets["human"]]
    measuring, longer, _ = spent(lambda: read_all(Evidence(*frames), Evidence(*controls), questions, human))
    drawn = sum(one.draws for one in questions.plan.askings()) * questions.prompts.height
    cpu, total = asking + checking + measuring, clock + checked + longer
    print(f"{len(texts)} documents, {drawn} samples, {len(questions.choices)} questions, {sum(map(len, questions.words))} rare words")
    print(f"scoring once: {plain:.2f} cpu-s, with rare words {words:.2f} cpu-s, ratio {words / plain:.2f}")
    print(f"asking {len(tables)} models: {asking:.1f} cpu-s, {clock:.1f} s on the clock")
    share = checking / asking * len(tables)
    print(f"asking the run's controls: {checking:.1f} cpu-s, {checked:.1f} s on the clock, {share:.2f} of a model")
    print(f"measuring: {measuring:.1f} cpu-s, {longer:.1f} s on the clock")
    print(f"evaluation: {cpu:.1f} cpu-s, {total:.1f} s on the clock   limit {LIMIT_SECONDS} s   {total / LIMIT_SECONDS:.2f} of it")


if __name__ == "__main__":
    main()
