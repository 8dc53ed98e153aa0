"""Scores as a detector gives them: human rows around 0, every generator around a place of its own, and a batch with a planted share."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from governance.provenance.laundering.detector import Calibration, Detector
from governance.provenance.laundering.shapes import Floats
from governance.provenance.laundering.share import Sight, seen


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """`apart`: how far model text is from human text, in standard deviations; `spread`: how far generators are from each other."""

    apart: float = 2.5
    spread: float = 0.2
    generators: int = 8
    references: int = 800
    known_rows: int = 150

    def detector(self, stream: np.random.Generator) -> Detector:
        places = stream.normal(self.apart, self.spread, self.generators)
        return self.detector_of(stream, [stream.normal(place, 1, self.known_rows) for place in places])

    def detector_of(self, stream: np.random.Generator, known: Sequence[Floats]) -> Detector:
        """The detector of generators whose rows have these scores."""
        return Calibration(
            references=stream.normal(0, 1, self.references),
            weights=np.ones(self.references),
            families=np.arange(self.references),
            known=np.concatenate(known),
            generators=[f"g{n}" for n, rows in enumerate(known) for _ in rows],
        ).detector("planted")

    def sight(self, share: float, stream: np.random.Generator, rows: int = 1_000) -> Sight:
        """A batch that one generator laundered `share` of, which is none of those that were held out."""
        detector = self.detector(stream)
        laundered = round(share * rows)
        place = stream.normal(self.apart, self.spread)
        return self.sight_of(detector, np.concatenate([stream.normal(place, 1, laundered), stream.normal(0, 1, rows - laundered)]))

    def sight_of(self, detector: Detector, scores: Floats) -> Sight:
        """A batch of strangers with these scores."""
        return seen(detector, scores, np.arange(len(scores)))
