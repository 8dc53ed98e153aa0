"""The transformers trainer beside plain loops, in one run, as ratios of CPU seconds: scoring, sampling, and a training step.

    python -m benchmarks.training [--documents 400] [--samples 256]

Peers: scoring = the usual padded loop (attention mask, logits of every position, float32, batches of 8 in the given order); sampling =
`model.generate` with a left-padded batch of 32; training = a bare loop of forward, backward, clip and AdamW on the same blocks. Text is
the documentation of the running Python. A figure without its quality does not count: the perplexity of both scorers is printed.
"""

import argparse
import ast
import sysconfig
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.torch_lm.planned_trainer import ADAM_BETAS, MAX_GRADIENT_NORM
from governance.adapters.trainers.transformer import TRAINER
from governance.ports.language_model import Decoding
from governance.ports.trainer import TrainingJob
from governance.training.recipe import Recipe

END = 0


def docstrings(limit: int) -> list[str]:
    """Texts of the standard library, in order of file name, up to so many bytes."""
    texts: list[str] = []
    size = 0
    for path in sorted(Path(sysconfig.get_paths()["stdlib"]).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            text = ast.get_docstring(node) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) else None
            if text and len(text) > 40 and size < limit:
                texts.append(text)
                size += len(text.encode())
    return texts


def spent(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the process, all threads, and what the work returned."""
    before = time.process_time()
    answer = work()
    return time.process_time() - before, answer


def score_padded(model: Any, tokenizer: Any, texts: list[str]) -> tuple[float, int]:
    """(nats, tokens) by the padded loop; texts are cut at the context, so both sides get texts that fit."""
    import torch

    nats, count = 0.0, 0
    for first in range(0, len(texts), 8):
        rows = [[END, *tokenizer.encode(text).ids] for text in texts[first : first + 8]]
        width = max(map(len, rows))
        ids = torch.tensor([row + [END] * (width - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
        with torch.no_grad():
            logits = model(input_ids=ids, attention_mask=mask).logits.float()
        losses = torch.nn.functional.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
        nats += float((losses * mask[:, 1:]).sum())
        count += int(mask[:, 1:].sum())
    return nats, count


def generate_padded(model: Any, tokenizer: Any, prompts: list[str], length: int) -> int:
    """`generate` at temperature 1 over left-padded batches of 32; returns tokens written."""
    import torch

    torch.manual_seed(0)
    written = 0
    for first in range(0, len(prompts), 32):
        rows = [[END, *tokenizer.encode(text).ids] for text in prompts[first : first + 32]]
        width = max(map(len, rows))
        ids = torch.tensor([[END] * (width - len(row)) + row for row in rows])
        mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])
        out = model.generate(ids, attention_mask=mask, do_sample=True, top_k=0, max_new_tokens=length, pad_token_id=END)
        written += (out.shape[1] - width) * len(rows)
    return written


def train_bare(folder: Path, job: TrainingJob) -> int:
    """The same batches through a bare loop; returns steps."""
    import torch

    from governance.adapters.torch_lm.checkpoint import load_decoder
    from governance.adapters.torch_lm.training import plan_job

    model, tokenizer = load_decoder(folder)
    blocks, planned = plan_job(job, tokenizer, model.config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=job.recipe.learning_rate, betas=ADAM_BETAS)
    model.train()
    for batch in planned:
        ids = torch.from_numpy(blocks.tokens[list(batch.blocks)]).long()
        logits = model(input_ids=ids, use_cache=False).logits[:, :-1].flatten(0, 1)
        loss = torch.nn.functional.cross_entropy(logits, ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), MAX_GRADIENT_NORM)
        optimizer.step()
        optimizer.zero_grad()
    return len(planned)


def job_over(folder: Path, texts: list[str]) -> TrainingJob:
    rows = [(f"r{n}", text, "anchor" if n % 6 == 0 else "human", 0) for n, text in enumerate(texts)]
    pl.DataFrame(rows, schema=["row_id", "text", "role", "shard"], orient="row").write_parquet(folder / "mix.parquet")
    return TrainingJob(
        start=folder / "start",
        rows=folder / "mix.parquet",
        scratch=folder / "scratch",
        checkpoint=folder / "checkpoint",
        batch_log=folder / "batches.parquet",
        recipe=replace(Recipe(), epochs=1, save_every_steps=10_000),
        seed=7,
        anchor_percent=15,
        synthetic_cap_percent=35,
        progress=lambda *_: None,
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--documents", type=int, default=400)
    options.add_argument("--samples", type=int, default=256)
    chosen = options.parse_args()
    texts = docstrings(250_000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "scratch").mkdir()
        found, _ = spent(lambda: TRAINER.found(texts, Recipe(), 7, folder / "start"))
        job = job_over(folder, texts)
        bare, steps = spent(lambda: train_bare(folder / "start", job))
        ours, _ = spent(lambda: TRAINER.train(job))
        print(f"found: {found:.2f} cpu-s")
        print(f"training, {steps} steps: ours {ours:.2f} cpu-s, bare loop {bare:.2f} cpu-s, ratio {ours / bare:.2f}")
        compare_reading(TRAINER.open(folder / "checkpoint"), texts, chosen.documents, chosen.samples)


def compare_reading(model: Any, texts: list[str], documents: int, samples: int) -> None:
    lengths = model.count_tokens(texts)
    fitting = [text for text, length in zip(texts, lengths, strict=True) if length < model.context][:documents]
    padded, (nats, count) = spent(lambda: score_padded(model.model, model.tokenizer, fitting))
    ours, scores = spent(lambda: model.score(fitting))
    bits = sum(score.bits for score in scores)
    theirs, mine = 2 ** (nats / 0.6931471805599453 / count), 2 ** (bits / sum(score.tokens for score in scores))
    print(f"scoring, {len(fitting)} documents: ours {ours:.2f} cpu-s, padded loop {padded:.2f} cpu-s, ratio {padded / ours:.1f}x")
    print(f"perplexity: ours {mine:.4f}, padded loop {theirs:.4f}, moved {abs(mine / theirs - 1):.1e}")
    prompts = [texts[n % len(texts)][:24] for n in range(samples)]
    generated, written = spent(lambda: generate_padded(model.model, model.tokenizer, prompts, 64))
    sampled, said = spent(lambda: model.sample(prompts, Decoding(max_new_tokens=64)))
    rate, own = written / generated, sum(model.count_tokens(said)) / sampled
    print(f"sampling, {samples} x 64 tokens: ours {own:.0f} tokens/cpu-s, generate {rate:.0f}, ratio {own / rate:.1f}x")


if __name__ == "__main__":
    main()
