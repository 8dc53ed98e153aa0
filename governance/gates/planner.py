"""How many documents would settle it: the normal power formula on the sd of paired changes."""

import math
from statistics import NormalDist

CONFIDENCE = 0.95
MOST_DOCUMENTS = 1_000_000


def documents_for(sd: float, distance: float, *, noise: float = 0.0, power: float = 0.8) -> int | None:
    """Units at which a change that lies `distance` inside (or beyond) its margin is judged so with this power; logs throughout.

    n = sd^2 / ((distance / (z_0.95 + z_power))^2 - noise^2), where sd is that of one unit's change and noise the part that units do not
    shrink. With sd 0.1 and a margin of 5 % at 95/95 this is 46, with sd 0.8 it is 2,910 (SCIENCE section 1: 28-58 and about 2,900).
    None where the noise alone is too large for any number, or the number is beyond a million.
    """
    normal = NormalDist()
    room = (abs(distance) / (normal.inv_cdf(CONFIDENCE) + normal.inv_cdf(power))) ** 2 - noise**2
    if room <= 0:
        return None
    needed = math.ceil(sd**2 / room)
    return needed if needed <= MOST_DOCUMENTS else None
