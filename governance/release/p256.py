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
    number = int.from_bytes(digest[:32], "big")
    inverse = pow(s, -1, N)
    found = _both(number * inverse % N, r * inverse % N, key)
    return found is not None and found[0] % N == r


def _both(by_generator: int, by_key: int, key: Point) -> Point | None:
    """The sum of two multiples, both in one walk over their bits (Shamir's trick); None is the point at infinity."""
    table = (None, GENERATOR, key, _sum(GENERATOR, key))
    found: Point | None = None
    for place in range(255, -1, -1):
        found = _sum(_sum(found, found), table[(by_generator >> place & 1) + 2 * (by_key >> place & 1)])
    return found


def _sum(one: Point | None, other: Point | None) -> Point | None:
    if one is None or other is None:
        return one or other
    (x, y), (u, v) = one, other
    if x == u and (y + v) % P == 0:
        return None
    slope = (3 * x * x - 3) * pow(2 * y, -1, P) if one == other else (v - y) * pow(u - x, -1, P)
    third = (slope * slope - x - u) % P
    return third, (slope * (x - third) - y) % P
