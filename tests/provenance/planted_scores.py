"""Scores as a detector gives them: human rows around 0, every generator around a place of its own, and a batch with a planted share."""

from dataclasses import dataclass

import numpy as np

from governance.provenance.laundering.detector import Calibration, Detector
from governance.provenance.laundering.rates import Rate
from governance.provenance.laundering.share import Sight


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
        return Calibration(
            references=stream.normal(0, 1, self.references),
            weights=np.ones(self.references),
            families=np.arange(self.references),
            known=np.concatenate([stream.normal(place, 1, self.known_rows) for place in places]),
            generators=[f"g{n}" for n in range(self.generators) for _ in range(self.known_rows)],
        ).detector("planted")

    def sight(self, share: float, stream: np.random.Generator, rows: int = 1_000) -> Sight:
        """A batch that one generator laundered `share` of, which is none of those that were held out."""
        detector = self.detector(stream)
        laundered = round(share * rows)
        place = stream.normal(self.apart, self.spread)
        scores = np.concatenate([stream.normal(place, 1, laundered), stream.normal(0, 1, rows - laundered)])
        return Sight(detector=detector, flagged=Rate(share=float((scores > detector.line).mean()), rows=rows), part=1.0)
