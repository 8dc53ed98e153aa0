"""How a student is trained: the section [training.recipe] of the policy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Size and schedule. Blocks are runs of `block_tokens` tokens of one role; a batch is `batch_blocks` of them."""

    epochs: int = 2
    batch_blocks: int = 32
    block_tokens: int = 128
    learning_rate: float = 1e-3
    warmup_percent: int = 5
    weight_decay: float = 0.01
    save_every_steps: int = 50
    vocabulary: int = 4096
    width: int = 96
    layers: int = 3
    heads: int = 4

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_blocks", "block_tokens", "save_every_steps", "vocabulary", "width", "layers", "heads"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least 1")
        if self.width % self.heads:
            raise ValueError(f"width: {self.width} is not a multiple of heads ({self.heads})")
        if not 0 < self.learning_rate < 1:
            raise ValueError(f"learning_rate: {self.learning_rate} is not in (0, 1)")
        if not 0 <= self.warmup_percent <= 50:
            raise ValueError(f"warmup_percent: {self.warmup_percent} is not in 0..50")
