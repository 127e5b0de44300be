"""Limits of the bytecode format: one below each is fine, one above is luajit's error."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.front.batch import assert_same_listings, listing


def names(count: int) -> bytes:
    return b", ".join(b"v%d" % number for number in range(count))


def locals_of_main(count: int) -> bytes:
    return b"local " + names(count)


def locals_of_function(count: int) -> bytes:
    return b"\nfunction f(" + names(count) + b") end"


def upvalues(count: int) -> bytes:
    inner = b"function() return " + names(count) + b" end"
    return locals_of_main(count) + b"\nreturn function()\nreturn " + inner + b" end"


def registers(count: int) -> bytes:
    return b"return " + b", ".join([b"1"] * count)


def levels(count: int) -> bytes:
    return b"x = " + b"(" * count + b"1" + b")" * count


def blocks(count: int) -> bytes:
    return b"do " * count + b"end " * count


def targets(count: int) -> bytes:
    return b", ".join([b"a"] * count) + b" = 1"


def number_constants(count: int) -> bytes:
    return b"\n".join(b"x = %d.5" % number for number in range(count))


def string_constants(count: int) -> bytes:
    return b"\n".join(b"x%d = 1" % number for number in range(count))


def names_on_the_stack(count: int) -> bytes:
    return b"do local a end " * count


def loop_length(count: int) -> bytes:
    return b"while x do " + b"y = z " * count + b"end"


def repaired_return(count: int) -> bytes:
    return b"do return x end " + b"y = z " * count + b"function f() end"


LIMITS: dict[Callable[[int], bytes], tuple[int, bytes]] = {
    locals_of_main: (200, b"x:1: main function has more than 200 local variables"),
    locals_of_function: (200, b"x:2: function at line 2 has more than 200 local variables"),
    upvalues: (60, b"x:3: function at line 2 has more than 60 upvalues"),
    registers: (249, b"x:1: function or expression too complex near '<eof>'"),
    levels: (197, b"x:1: chunk has too many syntax levels"),
    blocks: (198, b"x:1: chunk has too many syntax levels"),
    targets: (199, b"x:1: main function has more than 200 variable names"),
    names_on_the_stack: (65476, b"x:1: chunk has more than 65476 local variables"),
    loop_length: (16381, b"x:1: control structure too long near 'end'"),
    repaired_return: (16382, b"x:1: function too long for return fixup near '<eof>'"),
}
SLOW_LIMITS: dict[Callable[[int], bytes], tuple[int, bytes]] = {
    number_constants: (65536, b"x:65537: main function has more than 65536 constants"),
    string_constants: (65536, b"x:65537: main function has more than 65536 constants"),
}


@pytest.mark.parametrize("make", LIMITS, ids=lambda make: make.__name__)
def test_limit(make: Callable[[int], bytes]) -> None:
    limit, message = LIMITS[make]
    assert listing(b"=x", make(limit)).startswith(b"--")
    assert listing(b"=x", make(limit + 1)) == b"error " + message


@pytest.mark.slow
@pytest.mark.parametrize("make", SLOW_LIMITS, ids=lambda make: make.__name__)
def test_slow_limit(make: Callable[[int], bytes]) -> None:
    limit, message = SLOW_LIMITS[make]
    assert listing(b"=x", make(limit)).startswith(b"--")
    assert listing(b"=x", make(limit + 1)) == b"error " + message


@pytest.mark.oracle
def test_limits_are_the_binarys(luajit: str) -> None:
    counts = ((make, limit + more) for make, (limit, _) in LIMITS.items() for more in (-1, 0, 1, 2))
    assert_same_listings(luajit, [(b"=x", make(count)) for make, count in counts])


@pytest.mark.oracle
def test_operands_beyond_a_byte(luajit: str) -> None:
    """String and number constants past 255 and array indexes past 256 need registers."""
    cases = []
    for count in (254, 255, 256, 257, 300):
        fields = b"\n".join(b"t.k%d = %d.5" % (number, number) for number in range(count))
        use = b"\nt:m() return t.z, t.k3, t.z + 1000.25, 1000.25 * t.y, t[255], t[256]"
        cases.append((b"=x", b"local t\n" + fields + use))
        for last in (b"f()", b"...", b"(f())"):
            cases.append((b"=x", b"return {" + b"x, " * count + last + b"}"))
            cases.append((b"=x", b"return {" + b"1, " * count + last + b"}"))
    assert_same_listings(luajit, cases)


HOSTILE = {
    "escapes": b'x = "' + b"\\n" * 100000 + b'"',
    "unfinished escapes": b'x = "' + b"\\z  " * 100000,
    "blanks": b" \n" * 300000,
    "digits": b"x = " + b"0" * 300000 + b"1LL",
    "malformed digits": b"x = " + b"1" * 300000 + b"g",
    "exponent": b"x = 1e" + b"0" * 300000 + b"1",
    "open brackets": b"x = [" + b"=" * 300000,
    "breaks": b"while x do " + b"if y then break end " * 20000 + b"end",
    "gotos": b"goto x " * 30000 + b"::x::",
    "labels": b"".join(b"::l%d:: x = 1 " % number for number in range(20000)),
    "choices": b"x = y " + b"or z " * 30000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_time_is_linear(kind: str) -> None:
    start = time.process_time()
    listing(b"=x", HOSTILE[kind])
    assert time.process_time() - start < 5.0
