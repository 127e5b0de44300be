"""Every form of native Python, one small function each, in all engines."""

from __future__ import annotations

import math

import pytest

from ir.layout import FnPtr, Struct
from jitvm.native import (
    Array,
    Ptr,
    addr,
    bits,
    bswap,
    cast,
    ceil,
    clz32,
    ctz32,
    f64,
    fabs,
    floor,
    fmax,
    fmin,
    from_bits,
    i8,
    i16,
    i32,
    i64,
    idiv,
    imod,
    likely,
    offset_of,
    rol32,
    ror32,
    size_of,
    sqrt,
    trunc,
    u8,
    u16,
    u32,
    u64,
    unlikely,
)
from jitvm.native.lower import lower_function
from jitvm.native.simulate import SimulatedMemory

from .engines import declare, evaluate, inline, run

LIMIT = 10
RATIO = 2.5
DEBUG = False
TABLE = {"a": 3}
MIN32 = -(1 << 31)


class Inner(Struct):
    a: u32
    b: u32


class Outer(Struct):
    byte: u8
    short: i16
    word: i32
    quad: u64
    num: f64
    inner: Inner
    next: Ptr["Outer"]
    items: Array[u32, 4]
    call: FnPtr[[i32, f64], f64]


@pytest.mark.parametrize(("a", "b"), [(5, 3), (2**31 - 1, 1), (MIN32, -1), (-7, 2)])
def test_arithmetic_wraps(a: int, b: int) -> None:
    @declare
    def signed(a: i32, b: i32) -> i32:
        return (a + b) * (a - b) ^ (a & b) | ~a

    @declare
    def unsigned(a: i32, b: i32) -> u32:
        x = u32(a)
        return -x * u32(b) + 7

    assert run(signed, a, b) == i32(i32(a + b) * i32(a - b) ^ (a & b) | ~a)
    assert run(unsigned, a, b) == u32(-a * b + 7)


def test_shifts_by_type() -> None:
    @declare
    def shifts(a: i32, n: u32) -> i64:
        return i64(a >> n) + i64(u32(a) >> n) + (i64(a) << 33) + i64(u64(a) >> 60)

    assert run(shifts, -8, 1) == i64(-4 + ((2**32 - 8) >> 1) + (-8 << 33) + 15)
    assert run(shifts, -8, 33) == run(shifts, -8, 1)


def test_floats() -> None:
    @declare
    def compute(x: f64, y: f64) -> f64:
        return -x / y + x * RATIO - 1.0

    assert run(compute, 3.0, 2.0) == 5.0
    assert math.isnan(run(compute, 0.0, 0.0))
    assert run(compute, 1.0, 0.0) == -math.inf


@pytest.mark.parametrize("x", [-1.5, -0.0, 0.5, 2.5, 1e300, math.inf, -math.inf, math.nan])
def test_float_intrinsics(x: float) -> None:
    @declare
    def down(x: f64) -> f64:
        return floor(x)

    @declare
    def up(x: f64) -> f64:
        return ceil(x)

    @declare
    def zero(x: f64) -> f64:
        return trunc(x) + fabs(x)

    @declare
    def root(x: f64) -> f64:
        return sqrt(x)

    @declare
    def least(x: f64) -> f64:
        return fmin(x, 0.0) + fmax(1.0, x)

    @declare
    def again(x: f64) -> f64:
        return from_bits(bits(x))

    for function in (down, up, zero, root, least, again):
        run(function, x)


def test_integer_intrinsics() -> None:
    @declare
    def mix(a: u32, b: u32) -> u32:
        return bswap(a) ^ rol32(a, b) ^ ror32(b, 7) ^ clz32(a) ^ ctz32(b)

    @declare
    def divide(a: i32, b: i32) -> i32:
        return idiv(a, b) * 1000 + imod(a, b)

    @declare
    def divide_unsigned(a: u64, b: u64) -> u64:
        return idiv(a, b) ^ imod(a, 10)

    assert run(mix, 0x12345678, 0x10) == 0x78563412 ^ 0x56781234 ^ 0x20000000 ^ 3 ^ 4
    assert run(divide, -7, 2) == -3001
    assert run(divide_unsigned, 2**64 - 1, 3) == (2**64 - 1) // 3 ^ 5


def test_casts() -> None:
    @declare
    def narrow(x: i64) -> i32:
        return i8(x) + i16(x) + i32(u8(x)) + i32(u16(x)) + i32(x)

    @declare
    def wide(x: i32) -> u64:
        return u64(x) + u64(u32(x))

    @declare
    def to_float(x: i32) -> f64:
        return f64(x) + f64(u32(x)) + f64(i64(x)) + f64(3)

    @declare
    def from_float(x: f64) -> i64:
        return i64(x) + i64(i32(x)) + i64(u32(x)) + i64(u8(x)) + i64(u64(x))

    @declare
    def truth(x: i32) -> i32:
        return i32(x > 3) + i32(bool(x)) + cast(i32, 4)

    assert run(narrow, 0x1_0000_80FF) == -1 + -32513 + 255 + 0x80FF + 0x80FF
    assert run(wide, -1) == u64(-1 + 2**32 - 1)
    assert run(to_float, -2) == -2 + 2**32 - 2 - 2 + 3
    for x in (1.9, -1.9, 1e10, 1e30, math.nan, -math.inf):
        run(from_float, x)
    assert run(truth, 4) == 6


def test_conditions() -> None:
    @declare
    def classify(x: i32, p: Ptr[u32]) -> i32:
        if x < 0 and (x > -5 or not p):
            return 1
        elif x == 0 or x >= LIMIT and p is not None:
            return 2
        elif unlikely(x == 5):
            return 3
        elif likely(not (x != 6)) or p == None:  # noqa: E711
            return 4
        return 5 if x else 6

    assert [run(classify, x, 0) for x in (-1, -9, 0, 10, 5, 6, 3)] == [1, 5, 2, 2, 3, 4, 5]


def test_comparisons_by_sign() -> None:
    @declare
    def compare(a: i32, b: i32) -> i32:
        signed = i32(a < b) + i32(a <= b) * 2 + i32(a > b) * 4 + i32(a >= b) * 8
        x, y = u32(a), u32(b)
        unsigned = i32(x < y) + i32(x <= y) * 2 + i32(x > y) * 4 + i32(x >= y) * 8
        return signed + 16 * unsigned + 256 * i32((a == b) != (x == y))

    assert run(compare, -1, 1) == 3 + 16 * 12
    assert run(compare, 1, 1) == 10 + 16 * 10


def test_nan_compares_false() -> None:
    @declare
    def compare(a: f64, b: f64) -> i32:
        below: i32 = 1 if a < b else 0
        same = i32(a == b) + 10 * i32(a != b) + 100 * i32(not a < b)
        return i32(a <= b) + i32(a > b) + i32(a >= b) + same + below

    assert run(compare, math.nan, 1.0) == 110
    assert run(compare, 1.0, 2.0) == 12


def test_while_break_continue() -> None:
    @declare
    def count(n: i32) -> i32:
        i: i32 = 0
        total: i32 = 0
        while True:
            i += 1
            if i > n:
                break
            if i & 1:
                continue
            total += i
        return total

    assert run(count, 10) == 30
    assert run(count, 0) == 0


def test_for_ranges() -> None:
    @declare
    def loops(n: i32) -> i32:
        total: i32 = 0
        for i in range(n):
            total += i
        for i in range(2, n, 3):
            total += i * 100
            i = 50
        for i in range(n, 0, -2):
            total += i * 10000
        for j in range(u32(n)):
            for _ in range(2):
                if j == 3:
                    break
                total += i32(j)
        for _ in range(u32(2)):
            total += 1
        return total

    assert run(loops, 6) == 15 + 700 + 120000 + 2 * (1 + 2 + 4 + 5) + 2


def test_assignments() -> None:
    @declare
    def assign(a: i32, b: i32) -> i32:
        x = y = a + 1
        a, b = b, a
        once = 5
        x += b
        z: i32 = 3
        pass
        return x * 1000 + y * 100 + a * 10 + z + once

    assert run(assign, 1, 2) == 3000 + 200 + 20 + 8


def test_fields_and_elements() -> None:
    @declare
    def touch(p: Ptr[Outer], i: u32) -> i32:
        p.byte = 300
        p.short = i32(p.byte) - 100
        p.short -= 1000
        p.word = p.short
        p.quad = addr(p) - addr(p)
        p.num = 1.5
        p.num *= 2.0
        p.inner.b = 7
        p.inner.a = p.inner.b + 1
        p.items[i] = 9
        p.items[2] += p.items[i]
        p.next = None
        last = p.ref("items") + 3
        last[0] = 4
        last[-1] -= u32(p.ref("inner").a)
        p.next = p if not p.next else None
        word = p.next.word
        p.next = None  # No addresses are left behind: they differ between engines.
        return word + i32(p.num)

    assert run(touch, 0, 1) == i16(44 - 100 - 1000) + 3


def test_pointer_arithmetic() -> None:
    @declare
    def walk(p: Ptr[Outer], n: i32) -> i64:
        q = p + n
        r = q - 1
        count = q - p
        s = p[1].items
        end = Ptr[u32](addr(s)) + 2
        return count * 100 + i64(r < q) + i64(end > s) + (end - s) + i64(Ptr[u8](q) == Ptr[u8](p))

    @declare
    def chain(p: Ptr[Ptr[u32]], x: u64) -> Ptr[u32]:
        p[0] = Ptr[u32](p) + x
        found = p[0] + 1
        p[0] = None
        return found

    assert run(walk, 0, 3) == 304
    assert run(chain, 16, 5) == 16 + 24


def test_inline_functions() -> None:
    @inline
    def clamp(x: i32, top: i32) -> i32:
        if x > top:
            return top
        if x < 0:
            return 0
        return x

    @inline
    def bump(p: Ptr[u32]) -> None:
        if p[0] == 1:
            return
        p[0] += 1

    @inline
    def is_big(x: i32) -> bool:
        return x > 100

    @declare
    def use(p: Ptr[u32], x: i32) -> i32:
        bump(p)
        bump(p)
        if is_big(x) or clamp(x, 50) == 50:
            return clamp(x, 200) + i32(is_big(x))
        return clamp(clamp(x, 10), 5) + i32(p[0])

    assert [run(use, 0, x) for x in (-3, 7, 50, 101, 500)] == [1, 6, 50, 102, 201]


@declare
def is_even(n: u32) -> bool:
    return True if n == 0 else is_odd(n - 1)


@declare
def is_odd(n: u32) -> bool:
    if n == 0:
        return False
    return is_even(n - 1)


def test_mutual_recursion() -> None:
    assert run(is_even, 10)
    assert not run(is_even, 7)


def test_function_pointers() -> None:
    @declare
    def through(p: Ptr[Outer]) -> f64:
        if p.call == 0:
            return -1.0
        return p.call(3, 0.5) + 1.0

    assert run(through, 0) == -1.0
    for engine in (through, lambda *a: evaluate(through, *a)):
        with SimulatedMemory.installed(4096) as memory:
            p = Ptr[Outer](memory.base)
            p.call = memory.register(lambda n, x: n * x)
            assert engine(p.addr) == 2.5


def test_compile_time_names() -> None:
    @declare
    def constants(x: u32) -> u32:
        if DEBUG:
            return undefined_name  # noqa: F821
        return (
            x + LIMIT * 2 + TABLE["a"] + offset_of(Outer, "num") + size_of(Inner) + Inner.sizeof() + len("ab")
        )

    assert run(constants, 1) == 1 + 20 + 3 + 16 + 8 + 8 + 2


def test_closures_are_constants() -> None:
    def make(k: int):  # type: ignore[no-untyped-def]
        @declare
        def add(x: i32) -> i32:
            return x + k

        return add

    assert run(make(3), 4) == 7
    assert run(make(5), 4) == 9


def test_string_annotations() -> None:
    @declare
    def f(p: Ptr["Outer"], q: "Ptr[u32]") -> "u32":
        """A docstring costs nothing."""
        return q[0] + u32(p.byte)

    assert run(f, 0, 8) == 0


def test_constant_folding_drops_branches() -> None:
    @inline
    def pick(kind: i32, x: i32) -> i32:
        if kind == 1:
            return x + 1
        return x * x

    @declare
    def use(x: i32) -> i32:
        return pick(1, x)

    assert len(lower_function(use).blocks) == 1
    assert run(use, 4) == 5


def test_unlikely_is_cold() -> None:
    @declare
    def f(x: i32) -> i32:
        if unlikely(x < 0):
            return -x * 3
        return x

    assert [block.cold for block in lower_function(f).blocks] == [False, True, False]
