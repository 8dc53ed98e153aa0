"""What the embedded default's evaluation costs: models answer the questions of the shipped policy, and every metric reads the answers.

    python -m benchmarks.evaluation [--seed 7] [--models 3]

The questions are those of a real workspace: the documentation of the running Python, parted as the source `python-docs` parts it, with the
policy of the repository's root. The models are founded and not trained: random weights seldom end a text early, so sampling costs what it
can cost at most. The share of asking about rare words is shown beside scoring without them, and that of each kind of question.
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
from governance.collapse.evidence import MODELS, Evidence
from governance.collapse.report import measure_evidence
from governance.policy import read_policy
from governance.stages.asking import Questions, ask

ROOT = Path(__file__).parents[1]
OPENING_WORDS = 7


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


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--models", type=int, default=3)
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
    frames = [
        pl.concat([found[place].select(pl.lit(name).alias("model"), pl.all()) for name, found in zip(MODELS, tables, strict=False)])
        for place in range(3)
    ]
    human = [d.text for d in sets["human"]]
    measuring, longer, _ = spent(lambda: measure_evidence(Evidence(*frames), human, questions.plan, chosen.seed))
    drawn = sum(one.draws for one in questions.plan.askings()) * questions.prompts.height
    print(f"{len(texts)} documents, {drawn} samples, {len(questions.choices)} questions, {sum(map(len, questions.words))} rare words")
    print(f"scoring once: {plain:.2f} cpu-s, with rare words {words:.2f} cpu-s, ratio {words / plain:.2f}")
    print(f"asking {len(tables)} models: {asking:.1f} cpu-s, {clock:.1f} s on the clock")
    print(f"measuring: {measuring:.1f} cpu-s, {longer:.1f} s on the clock")
    print(f"evaluation: {asking + measuring:.1f} cpu-s, {clock + longer:.1f} s on the clock")


if __name__ == "__main__":
    main()
