"""ECDSA over P-256 (FIPS 186-5, SP 800-186): whether a signature holds. Nothing here is secret, so time tells nothing.

The same few lines stand in the verifier of evidence bundles, which has only the standard library.
"""

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
GENERATOR = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

Point = tuple[int, int]
Triple = tuple[int, int, int]
"""A point as (x / z^2, y / z^3), so that no step divides; z = 0 is the point at infinity."""


def point_of(written: bytes) -> Point | None:
    """A public key in its uncompressed form (SEC 1, 2.3.4); None where it is no point of the curve."""
    if len(written) != 65 or written[0] != 4:
        return None
    x, y = int.from_bytes(written[1:33], "big"), int.from_bytes(written[33:], "big")
    on_curve = x < P and y < P and (y * y - (x * x * x - 3 * x + B)) % P == 0
    return (x, y) if on_curve else None


def holds(key: Point, digest: bytes, r: int, s: int) -> bool:
    """Whether `r` and `s` are a signature over a message with this digest by the owner of a key."""
    if not (0 < r < N and 0 < s < N):
        return False
    number, inverse = int.from_bytes(digest[:32], "big"), pow(s, -1, N)
    x, _, z = _both(number * inverse % N, r * inverse % N, key)
    return z != 0 and x * pow(z, -2, P) % P % N == r


def _both(by_generator: int, by_key: int, key: Point) -> Triple:
    """The sum of two multiples, in one walk over the bits of both factors."""
    found: Triple = (0, 1, 0)
    for place in range(255, -1, -1):
        found = _doubled(*found)
        if by_generator >> place & 1:
            found = _added(*found, *GENERATOR)
        if by_key >> place & 1:
            found = _added(*found, *key)
    return found


def _doubled(x: int, y: int, z: int) -> Triple:
    squared = y * y % P
    slope, step = 3 * (x - z * z) * (x + z * z) % P, 4 * x * squared % P
    new = (slope * slope - 2 * step) % P
    return new, (slope * (step - new) - 8 * squared * squared) % P, 2 * y * z % P


def _added(x: int, y: int, z: int, u: int, v: int) -> Triple:
    """A sum with the point (u, v); no case is left out, so that no chosen key can lead to a wrong one."""
    if z == 0:
        return u, v, 1
    square = z * z % P
    across, up = (u * square - x) % P, (v * square * z - y) % P
    if across == 0:
        return _doubled(x, y, z) if up == 0 else (0, 1, 0)
    second = across * across % P
    third, base = second * across % P, x * second % P
    new = (up * up - third - 2 * base) % P
    return new, (up * (base - new) - y * third) % P, z * across % P
