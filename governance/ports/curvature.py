"""Who can say how likely a text is beside what it would write itself: a model whose whole next-token distributions can be had."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from governance.provenance.laundering.signal import Floats


@runtime_checkable
class CurvatureReader(Protocol):
    """A language model that measures likelihood curvature; one behind an address that only returns text cannot."""

    def curvatures(self, texts: Sequence[str]) -> Floats:
        """Per text its log-probability less what the model expects at these places, in standard deviations; NaN for a text of no token.

        Text that the model itself sampled at temperature 1 lies around 0, sharpened text above. The same to 1e-3 whatever the batching.
        """
