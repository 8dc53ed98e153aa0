"""What the known-collapsed control writes is repetitive whatever its first answer is."""

from collections.abc import Sequence
from dataclasses import dataclass

from governance.ports.language_model import Decoding, Score
from governance.stages.known import SHARP, KnownCollapsed


@dataclass
class Brief:
    """A model that has nothing to say to the first prompt."""

    asked: list[Decoding]

    def score(self, texts: Sequence[str], words: Sequence[object] = ()) -> Sequence[Score]:
        del words
        return [Score(bits=1.0, tokens=1) for _ in texts]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        self.asked.append(decoding)
        return ["", *(" ".join(["word"] * place) for place in range(1, len(prompts)))][: len(prompts)]

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [1] * len(texts)


def test_every_second_answer_is_the_longest_one_though_the_first_is_empty() -> None:
    model = Brief(asked=[])
    texts = KnownCollapsed(model=model).sample(["a", "b", "c", "d"], Decoding())
    assert texts == ["", "word word word", "word word", "word word word"]
    assert model.asked[0].temperature == SHARP
    assert KnownCollapsed(model=model).sample([], Decoding()) == []
