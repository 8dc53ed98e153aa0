"""P-256 against published vectors and against another implementation; the bundle's own verifier answers the same every time."""

import hashlib
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.evidence.verify import p256_holds
from governance.release.p256 import GENERATOR, N, P, holds, point_of

# RFC 6979, A.2.5: the key, and (hash, message, r, s).
RFC_KEY = bytes.fromhex(
    "04"
    + "60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    + "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
)
RFC_SIGNATURES = [
    (
        "sha1",
        "sample",
        "61340C88C3AAEBEB4F6D667F672CA9759A6CCAA9FA8811313039EE4A35471D32",
        "6D7F147DAC089441BB2E2FE8F7A3FA264B9C475098FDCF6E00D7C996E1B8B7EB",
    ),
    (
        "sha224",
        "sample",
        "53B2FFF5D1752B2C689DF257C04C40A587FABABB3F6FC2702F1343AF7CA9AA3F",
        "B9AFB64FDC03DC1A131C7D2386D11E349F070AA432A4ACC918BEA988BF75C74C",
    ),
    (
        "sha256",
        "sample",
        "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716",
        "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
    ),
    (
        "sha384",
        "sample",
        "0EAFEA039B20E9B42309FB1D89E213057CBF973DC0CFC8F129EDDDC800EF7719",
        "4861F0491E6998B9455193E34E7B0D284DDD7149A74B95B9261F13ABDE940954",
    ),
    (
        "sha512",
        "sample",
        "8496A60B5E9B47C825488827E0495B0E3FA109EC4568FD3F8D1097678EB97F00",
        "2362AB1ADBE2B8ADF9CB9EDAB740EA6049C028114F2460F96554F61FAE3302FE",
    ),
    (
        "sha256",
        "test",
        "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367",
        "019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
    ),
    (
        "sha512",
        "test",
        "461D93F31B6540894788FD206C07CFA0CC35F46FA3C91816FFF1040AD1581A04",
        "39AF9F15DE0DB8D97E72719C74820D304CE5226E32DEDAE67519E840D1194E55",
    ),
]
"""SHA-384 and SHA-512 are cut to their leftmost 256 bits (FIPS 186-5, 6.4.2)."""


def ours(key: bytes, digest: bytes, r: int, s: int) -> bool:
    point = point_of(key)
    return point is not None and holds(point, digest, r, s)


BOTH = pytest.mark.parametrize("check", [ours, p256_holds], ids=["core", "verify.py"])
Check = Callable[[bytes, bytes, int, int], bool]


@BOTH
@pytest.mark.parametrize(("hashed", "message", "r", "s"), RFC_SIGNATURES, ids=[f"{h}-{m}" for h, m, _, _ in RFC_SIGNATURES])
def test_the_signatures_of_rfc_6979_hold_and_no_neighbour_of_them_does(check: Check, hashed: str, message: str, r: str, s: str) -> None:
    digest, (one, two) = hashlib.new(hashed, message.encode()).digest(), (int(r, 16), int(s, 16))
    assert check(RFC_KEY, digest, one, two)
    assert check(RFC_KEY, digest, one, N - two)  # the twin that ECDSA has for every signature
    for other in ((one, two ^ 1), (one ^ 1, two), (two, one), (one + N, two), (one, two + N), (N - one, two)):
        assert not check(RFC_KEY, digest, *other)
    assert not check(RFC_KEY, hashlib.sha256(b"other").digest(), one, two)


@BOTH
@pytest.mark.parametrize("r", [0, 1, N - 1, N, N + 1, P, -1, 2**256])
@pytest.mark.parametrize("s", [0, 1, N - 1, N, N + 1, P, -1, 2**256])
def test_numbers_at_the_border_of_the_group_are_no_signature(check: Check, r: int, s: int) -> None:
    assert not check(RFC_KEY, hashlib.sha256(b"sample").digest(), r, s)


@BOTH
@pytest.mark.parametrize(
    "key",
    [
        b"",
        RFC_KEY[:-1],
        RFC_KEY + b"\0",
        b"\x02" + RFC_KEY[1:33],
        b"\x05" + RFC_KEY[1:],
        b"\x04" + bytes(64),
        RFC_KEY[:-1] + bytes((RFC_KEY[-1] ^ 1,)),
        b"\x04" + (int.from_bytes(RFC_KEY[1:33], "big") + P).to_bytes(33, "big")[-32:] + RFC_KEY[33:],
    ],
)
def test_what_is_no_point_of_the_curve_is_nobodys_key(check: Check, key: bytes) -> None:
    _, message, r, s = RFC_SIGNATURES[2]
    assert not check(key, hashlib.sha256(message.encode()).digest(), int(r, 16), int(s, 16))


def key_of(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def point(number: int) -> bytes:
    return key_of(number).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@BOTH
@pytest.mark.parametrize("secret", [1, 2, N - 1, N - 2])
def test_keys_at_which_the_two_multiples_meet_are_added_rightly(check: Check, secret: int) -> None:
    """With the generator itself, its double and their opposites as keys, the walk meets a sum of equals and the point at infinity."""
    for message in (b"a", b"b", b"c"):
        r, s = utils.decode_dss_signature(key_of(secret).sign(message, ec.ECDSA(SHA256())))
        assert check(point(secret), hashlib.sha256(message).digest(), r, s)
        assert not check(point(secret), hashlib.sha256(message + b"x").digest(), r, s)


@BOTH
def test_a_sum_at_infinity_is_no_signature(check: Check) -> None:
    """u1 G = -u2 Q, for the digest e = -r d: nothing has an x there."""
    secret, r = 7, 12345
    assert not check(point(secret), (-r * secret % N).to_bytes(32, "big"), r, 99)


@BOTH
def test_a_sum_of_two_equals_is_their_double(check: Check) -> None:
    """u1 G = u2 Q, for the digest e = r d: the signature holds where its double has the x r."""
    secret, half = 7, 5
    double = point(2 * half)
    r = int.from_bytes(double[1:33], "big") % N
    s = r * secret * pow(half, -1, N) % N  # u2 = r / s, and u2 d = half
    assert check(point(secret), (r * secret % N).to_bytes(32, "big"), r, s)


@settings(max_examples=10, deadline=None)
@given(secret=st.integers(1, N - 1), message=st.binary(max_size=40), flip=st.integers(0, 255))
def test_another_implementation_agrees_on_what_holds_and_what_does_not(secret: int, message: bytes, flip: int) -> None:
    r, s = utils.decode_dss_signature(key_of(secret).sign(message, ec.ECDSA(SHA256())))
    digest = hashlib.sha256(message).digest()
    bent = (r ^ 1 << flip, s)
    try:
        key_of(secret).public_key().verify(utils.encode_dss_signature(*bent), message, ec.ECDSA(SHA256()))
        holds_bent = True
    except InvalidSignature:
        holds_bent = False
    for check in (ours, p256_holds):
        assert check(point(secret), digest, r, s)
        assert check(point(secret), digest, *bent) == holds_bent
    assert point_of(point(1)) == GENERATOR
