"""Number and string literals."""

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jitvm.front.literals import StringFault, decode_string, scale, scan_number
from jitvm.front.numtext import number_text
from jitvm.front.proto import CDataConst
from tests.front.batch import Case, ask
from tests.front.dumpreader import read_dump
from tests.front.generate import Generator

NUMBERS = {
    b"0": 0.0, b"007": 7.0, b"3.": 3.0, b".5": 0.5, b"1e3": 1000.0, b"1E-2": 0.01, b"1e400": math.inf,
    b"5e-324": 5e-324, b"2e-324": 0.0, b"0x10": 16.0, b"0X.8p1": 1.0, b"0x1p-1074": 5e-324, b"0xA.8": 10.5,
    b"0x1fffffffffffff8": 144115188075855872.0, b"0b101": 5.0, b"0x1p1024": math.inf,
    b"9007199254740993": 9007199254740992.0, b"9007199254740993.00000000000000001": 9007199254740994.0,
    b"17976931348623157081e289": 1.7976931348623157e308,
}
MALFORMED = (b"1..2", b"1.2.3", b"0x", b"0x.", b"0xp1", b".e1", b"1e", b"1e+", b"0x1p", b"3x", b"1_0",
             b"0b12", b"0b", b"0b1.1", b"0b1e5", b"1e1048576", b"1U", b"1L", b"1.5LL", b"1e5LL", b"1ULLU",
             b"0x1e+5", b"0x1ffffffffffffffffLL")


@pytest.mark.parametrize("text", NUMBERS)
def test_number(text: bytes) -> None:
    assert scan_number(text) == NUMBERS[text]


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_number(text: bytes) -> None:
    assert scan_number(text) is None


def test_wide_numbers() -> None:
    def kind(text: bytes) -> tuple[str, float]:
        value = scan_number(text)
        assert isinstance(value, CDataConst)
        return value.kind, value.value

    assert kind(b"9223372036854775808LL") == ("int64", -(2**63))
    assert kind(b"18446744073709551615ull") == ("uint64", 2**64 - 1)
    assert kind(b"0xffLLU") == ("uint64", 255)
    assert kind(b"0b11LL") == ("int64", 3)
    assert kind(b"0x1p4I") == ("complex", 16.0)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=0.0))
def test_hexadecimal_round_trip(value: float) -> None:
    text = value.hex().encode()
    assert scan_number(text) == value


@given(st.integers(0, 2**70), st.integers(-1200, 1100))
def test_scaling_rounds_once(mantissa: int, exponent: int) -> None:
    scaled = mantissa << exponent if exponent >= 0 else mantissa
    divisor = 1 if exponent >= 0 else 1 << -exponent
    try:
        expected = scaled / divisor
    except OverflowError:
        expected = math.inf
    assert scale(mantissa, exponent) == expected


def random_number(generator: Generator) -> bytes:
    random = generator.random
    def digits(alphabet: str, *counts: int) -> str:
        return "".join(random.choice(alphabet) for _ in range(random.choice(counts)))

    decimal = digits("0123456789", 1, 5, 17, 19, 20, 25, 40, 330)
    hexadecimal = "0x" + digits("0123456789abcdefF", 0, 1, 8, 13, 14, 15, 16, 17, 30)
    exact = struct.unpack("<d", struct.pack("<Q", random.getrandbits(63) & 0x7FEFFFFFFFFFFFFF))[0]
    exponent = generator.pick("", "p1", "p-1074", "p-1080", "p1000")
    return generator.pick(
        repr(exact), repr(random.randrange(1 << 52) * 5e-324),
        decimal + generator.pick("", ".", ".5", ".000", "e5", "e-10", "E+3", "e308", "e-320", "e1048576"),
        hexadecimal + generator.pick("", ".", ".8", ".00f0") + exponent,
        "0b" + digits("01", 0, 1, 53, 54, 64, 65),
    ).encode() + random.choice((b"", b"", b"", b"LL", b"ULL", b"llu", b"i", b"U", b"L"))


@pytest.mark.oracle
def test_numbers_are_bit_exact(luajit: str) -> None:
    generator = Generator(3)
    texts = [random_number(generator) for _ in range(1500)]
    cases: list[Case] = [(b"=x", b"return " + text + b", 0.5") for text in texts]
    for text, dump in zip(texts, ask(luajit, "dump", cases)):
        value = scan_number(text)
        if value is None or dump.startswith(b"error "):
            assert value is None and b"malformed number near" in dump, text
            continue
        proto = read_dump(dump)
        if isinstance(value, CDataConst):
            assert proto.kgc[0] == (value.kind, value.value), text
        elif proto.bytecode[0] & 0xFF == 41:
            assert float(proto.bytecode[0] >> 16) == value, text
        else:
            assert proto.knum[0] == value, text


def test_shown_numbers_round_ties_away_from_zero() -> None:
    assert number_text(12345678901234.5) == b"12345678901235"
    assert number_text(-0.5) == b"-0.5"
    assert number_text(1e15) == b"1e+15"
    assert number_text(-math.inf) == b"-inf"
    assert number_text(0.1) == b"0.1"


STRINGS = {
    rb'"\a\b\f\n\r\t\v\\\"\'"': b"\a\b\f\n\r\t\v\\\"'",
    rb"'\65\0661\x41\x4a'": b"ABB1AJ".replace(b"BB", b"B"),
    rb'"\u{41}\u{e9}\u{20ac}\u{1F600}\u{0000041}"': "A\u00e9\u20ac\U0001f600A".encode(),
    b'"a\\z \n\t b"': b"ab",
    b'"a\\\nb"': b"a\nb",
    b'"\xe9\0\x80"': b"\xe9\0\x80",
}


@pytest.mark.parametrize("text", STRINGS)
def test_string(text: bytes) -> None:
    assert decode_string(b"x" + text + b"y", 1) == (STRINGS[text], len(text) + 1)


FAULTY = (rb'"\256"', rb'"\x4g"', rb'"\u{d800}"', rb'"\u{}"', rb'"\u{110000}"', rb'"\q"', b'"',
          b'"\\', b'"\n"')


@pytest.mark.parametrize("text", FAULTY)
def test_faulty_string(text: bytes) -> None:
    with pytest.raises(StringFault):
        decode_string(text, 0)


@given(st.binary(max_size=40))
def test_decimal_escapes_stand_for_any_byte(value: bytes) -> None:
    text = b'"' + b"".join(b"\\%03d" % byte for byte in value) + b'"'
    assert decode_string(text, 0) == (value, len(text))
