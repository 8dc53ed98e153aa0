"""How a student is trained: the section [training.recipe] of the policy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Size and schedule. Blocks are runs of `block_tokens` tokens of one role; a batch is at most `batch_blocks` of them.

    `founding_epochs` and `founding_learning_rate` hold for a start that has seen no token at all; every later cycle takes `epochs` and
    `learning_rate`. The defaults are measured on about 1 MB of English documentation (docs/training.md).
    """

    epochs: int = 2
    founding_epochs: int = 7
    batch_blocks: int = 24
    """24 leaves 20 blocks beside 15 % anchors, and 7 of 20 is exactly the default cap of 35 %: no synthetic text is lost to rounding."""
    accumulation_steps: int = 1
    """Micro-batches that a rank computes before an optimizer step: they divide a batch, which stays `batch_blocks` blocks in all."""
    processes: int = 1
    """Ranks on this machine, which divide a batch further; more than one are started by torchrun."""
    block_tokens: int = 128
    learning_rate: float = 1e-3
    founding_learning_rate: float = 3e-3
    warmup_percent: int = 5
    weight_decay: float = 0.01
    save_every_steps: int = 25
    vocabulary: int = 4096
    width: int = 64
    layers: int = 2
    heads: int = 2

    def __post_init__(self) -> None:
        for name in (
            "epochs",
            "founding_epochs",
            "batch_blocks",
            "accumulation_steps",
            "processes",
            "save_every_steps",
            "width",
            "layers",
            "heads",
        ):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least 1")
        if self.block_tokens < 2:
            raise ValueError(f"block_tokens: {self.block_tokens} is not at least 2: the first token of a block predicts the second")
        if self.vocabulary < 257:
            raise ValueError(f"vocabulary: {self.vocabulary} is not at least 257, one token for each byte and one for the end")
        if self.width % self.heads:
            raise ValueError(f"width: {self.width} is not a multiple of heads ({self.heads})")
        for name in ("learning_rate", "founding_learning_rate"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not in (0, 1)")
        if not 0 <= self.weight_decay < 1:
            raise ValueError(f"weight_decay: {self.weight_decay} is not in [0, 1)")
        if not 0 <= self.warmup_percent <= 50:
            raise ValueError(f"warmup_percent: {self.warmup_percent} is not in 0..50")
        self._check_division()

    def _check_division(self) -> None:
        if self.accumulation_steps * self.processes > self.batch_blocks:
            parts = f"accumulation_steps: {self.accumulation_steps} on each of {self.processes} processes"
            raise ValueError(f"{parts} divide more than batch_blocks ({self.batch_blocks})")
