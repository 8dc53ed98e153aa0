"""The transformers trainer: it really resumes, really stops at nonsense, and samples the model's own distribution."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch
from trainer_bench import SMALL, default_mix, job_of, sentences

from governance.adapters.torch_lm.heads import read_states
from governance.adapters.torch_lm.planned_trainer import check_finite
from governance.adapters.torch_lm.sampling import draw
from governance.adapters.torch_lm.scoring import windows
from governance.adapters.trainers.transformer import TRAINER
from governance.digest import Manifest
from governance.errors import IntegrityError
from governance.ports.language_model import Decoding

pytestmark = pytest.mark.usefixtures("one_thread")
KILLED = """
import os, signal, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import torch
from trainer_bench import SMALL, default_mix, job_of
from governance.adapters.trainers.transformer import TRAINER
torch.set_num_threads(1)
place = Path(sys.argv[2])

def stop(done, total, loss):
    if done == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)

recipe = replace(SMALL, processes=int(sys.argv[4]))
curve = TRAINER.train(job_of(place, place / "start", default_mix(), recipe, progress=stop))
print(curve.resumed_from_step, len(curve.steps))
"""


def run(place: Path, kill_at: int, processes: int = 1) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(place), str(kill_at), str(processes)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_a_run_killed_in_the_middle_goes_on_and_ends_with_the_same_bytes(tmp_path: Path, start: Path) -> None:
    import shutil

    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for place in (whole, cut):
        shutil.copytree(start, place / "start")
    straight = run(whole, -1)
    assert straight.returncode == 0, straight.stderr
    assert run(cut, 7).returncode == -signal.SIGKILL
    assert not (cut / "checkpoint").exists()
    half = cut / "scratch" / "saves" / "checkpoint-8"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half")
    resumed = run(cut, -1)
    assert resumed.returncode == 0, resumed.stderr
    assert resumed.stdout.split()[0] == "4"
    assert resumed.stdout.split()[1] == straight.stdout.split()[1]
    assert Manifest.of(cut / "checkpoint") == Manifest.of(whole / "checkpoint")
    assert (cut / "batches.parquet").read_bytes() == (whole / "batches.parquet").read_bytes()


def test_saves_of_another_job_are_not_resumed_from(tmp_path: Path, start: Path) -> None:
    job = job_of(tmp_path, start, default_mix())
    TRAINER.train(job)
    assert TRAINER.train(job).resumed_from_step > 0
    other = job_of(tmp_path, start, default_mix(), seed=8)
    assert TRAINER.train(other).resumed_from_step == 0


def test_the_curve_has_a_point_per_step_and_warms_up(tmp_path: Path, start: Path) -> None:
    seen: list[tuple[int, int, float]] = []
    curve = TRAINER.train(job_of(tmp_path, start, default_mix(), progress=lambda *told: seen.append(told)))
    steps = pl.read_parquet(tmp_path / "batches.parquet").height
    assert curve.steps == tuple(range(1, steps + 1))
    assert [told[0] for told in seen] == list(curve.steps)
    assert {told[1] for told in seen} == {steps}
    assert curve.losses[-1] < curve.losses[0]
    assert max(curve.learning_rates) == pytest.approx(SMALL.learning_rate)
    assert min(curve.gradient_norms) > 0


def test_a_checkpoint_holds_weights_settings_and_tokenizer_and_no_pickle(tmp_path: Path, start: Path) -> None:
    TRAINER.train(job_of(tmp_path, start, default_mix()))
    assert sorted(path.name for path in (tmp_path / "checkpoint").iterdir()) == [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]
    assert json.loads((tmp_path / "checkpoint" / "config.json").read_text())["tie_word_embeddings"] is True


@pytest.mark.parametrize(("name", "value"), [("loss", float("nan")), ("grad_norm", float("inf"))])
def test_a_loss_that_is_no_number_stops_the_run(name: str, value: float) -> None:
    check_finite({"loss": 1.0, "grad_norm": 2.0}, 3)
    with pytest.raises(IntegrityError, match=rf"{name} is (nan|inf) at step 3"):
        check_finite({"loss": 1.0, "grad_norm": 2.0, name: value}, 3)


def test_a_start_with_broken_weights_trains_to_nothing(tmp_path: Path, start: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    shutil.copytree(start, tmp_path / "start")
    weights = load_file(tmp_path / "start" / "model.safetensors")
    weights["transformer.ln_f.weight"][0] = float("nan")
    save_file(weights, tmp_path / "start" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(IntegrityError, match="loss is nan at step 1"):
        TRAINER.train(job_of(tmp_path, tmp_path / "start", default_mix()))
    assert not (tmp_path / "checkpoint").exists()


def test_blocks_longer_than_the_models_context_are_refused(tmp_path: Path, start: Path) -> None:
    from dataclasses import replace

    with pytest.raises(IntegrityError, match="its context is 16 tokens"):
        TRAINER.train(job_of(tmp_path, start, default_mix(), replace(SMALL, block_tokens=32)))


def test_windows_pay_every_token_exactly_once() -> None:
    documents = [list(range(1, 12)), [], [7], list(range(1, 9))]
    cut = windows(documents, end=0, context=4)
    for number, tokens in enumerate(documents):
        mine = [window for window in cut if window.document == number]
        assert [t for window in mine for t in window.targets] == tokens
        assert [t for window in mine for t in window.inputs] == [0, *tokens][: len(tokens)]
        assert all(0 < len(window.inputs) <= 4 for window in mine)


def test_bits_are_those_of_a_plain_forward_pass_over_one_text(start: Path) -> None:
    model = TRAINER.open(start)
    text = sentences(1, 4)[0][:30]
    tokens = torch.tensor([[0, *model.tokenizer.encode(text).ids]])  # type: ignore[attr-defined]
    logits = model.model(input_ids=tokens[:, :-1]).logits[0].double()  # type: ignore[attr-defined]
    nats = torch.nn.functional.cross_entropy(logits, tokens[0, 1:], reduction="sum")
    assert model.score([text])[0].bits == pytest.approx(float(nats) / np.log(2), rel=1e-5)


def test_a_model_with_an_unknown_head_is_asked_for_its_logits(start: Path) -> None:
    model = TRAINER.open(start).model  # type: ignore[attr-defined]
    inputs = torch.arange(1, 9)[None, :]
    states, head = read_states(model, inputs)
    model.config.model_type = "scaled"
    logits, same = read_states(model, inputs)
    assert torch.allclose(head(states), same(logits), atol=1e-6)
    assert states.shape != logits.shape


def test_sampling_at_temperature_one_is_the_models_own_distribution() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0, 0.5]])
    uniform = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    drawn = draw(logits.expand(20_000, -1), uniform, Decoding())
    shares = torch.bincount(drawn, minlength=5) / 20_000
    assert torch.allclose(shares.double(), torch.softmax(logits[0].double(), dim=0), atol=1e-4)


@pytest.mark.parametrize("vocabulary", [3, 64, 130, 4096])
def test_the_token_that_is_drawn_is_that_of_one_running_sum_over_all_and_never_one_without_weight(vocabulary: int) -> None:
    numbers = torch.Generator().manual_seed(vocabulary)
    weights = torch.rand(2000, vocabulary, generator=numbers) ** 8
    dead = torch.rand(2000, vocabulary, generator=numbers) < 0.5
    dead[:, vocabulary // 2] = False
    logits = torch.where(dead, -torch.inf, torch.log(weights))
    ends = torch.tensor([0.0, 1e-18, 0.5, 1 - 2**-53])
    uniform = torch.cat([ends, torch.rand(1996, generator=numbers, dtype=torch.float64)]).double()
    drawn = draw(logits, uniform, Decoding())
    assert not dead[torch.arange(2000), drawn].any()
    sums = torch.softmax(logits, dim=-1).double().cumsum(dim=-1)
    below = torch.where(drawn > 0, sums.gather(1, (drawn - 1).clamp(min=0)[:, None])[:, 0], 0.0)
    wanted = uniform * sums[:, -1]
    assert ((below - 1e-6 <= wanted) & (wanted <= sums.gather(1, drawn[:, None])[:, 0] + 1e-6)).all()


def test_top_p_keeps_the_smallest_likely_set() -> None:
    logits = torch.log(torch.tensor([[0.1, 0.4, 0.3, 0.2]]))
    uniform = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    drawn = draw(logits.expand(1000, -1), uniform, Decoding(top_p=0.6))
    assert set(drawn.tolist()) == {1, 2}


def test_a_cached_march_writes_what_reading_everything_again_would_write(start: Path) -> None:
    model = TRAINER.open(start)
    decoding = Decoding(temperature=0.0, max_new_tokens=6)
    for prompt in ("The heron", "The river opens the"):
        tokens = [0, *model.tokenizer.encode(prompt).ids][-10:]  # type: ignore[attr-defined]
        written: list[int] = []
        while len(written) < 6:
            chosen = int(model.model(input_ids=torch.tensor([[*tokens, *written]])).logits[0, -1].argmax())  # type: ignore[attr-defined]
            if chosen == 0:
                break
            written.append(chosen)
        assert model.sample([prompt, "The"], decoding)[0] == model.tokenizer.decode(written)  # type: ignore[attr-defined]
