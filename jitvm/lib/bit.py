"""bit.*: 32-bit operations on numbers.

A number becomes an integer modulo 2^32 by adding 2^52 + 2^51: the rounded integer then stands in the low
bits of the double.  Results are signed.
"""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.lib.args import check_all_numbers, check_number, check_numbers, result_number, result_string
from jitvm.lib.table import library
from jitvm.native import Ptr, bits, bswap, f64, i32, i64, inline, native, rol32, ror32, u32, u64, unlikely
from jitvm.runtime.string import buf_need, str_new

TOBIT = 6755399441055744.0
ZERO, SMALL_A, CAPITAL_A = ord("0"), ord("a"), ord("A")


@inline
def to_bits(x: f64) -> u32:
    """Modulo 2^32, rounded to nearest."""
    return u32(bits(x + TOBIT))


@inline
def result_int(L: Ptr[State], base: Ptr[TValue], word: u32) -> i64:
    return result_number(L, base, f64(i32(word)))


@library("bit.tobit")
@native
def lib_bit_tobit(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_int(L, base, to_bits(base.num))


@library("bit.bnot")
@native
def lib_bit_bnot(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_int(L, base, ~to_bits(base.num))


@library("bit.bswap")
@native
def lib_bit_bswap(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_int(L, base, bswap(to_bits(base.num)))


@library("bit.lshift")
@native
def lib_bit_lshift(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    n = to_bits((base + 1).num)
    return result_int(L, base, to_bits(base.num) << (n & 31))


@library("bit.rshift")
@native
def lib_bit_rshift(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    n = to_bits((base + 1).num)
    return result_int(L, base, to_bits(base.num) >> (n & 31))


@library("bit.arshift")
@native
def lib_bit_arshift(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    n = to_bits((base + 1).num)
    return result_int(L, base, u32(i32(to_bits(base.num)) >> (n & 31)))


@library("bit.rol")
@native
def lib_bit_rol(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    n = to_bits((base + 1).num)
    return result_int(L, base, rol32(to_bits(base.num), n & 31))


@library("bit.ror")
@native
def lib_bit_ror(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    n = to_bits((base + 1).num)
    return result_int(L, base, ror32(to_bits(base.num), n & 31))


@library("bit.band")
@native
def lib_bit_band(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_all_numbers(g, base, nargs)):
        return -1
    word = to_bits(base.num)
    for i in range(1, nargs):
        word = word & to_bits((base + i).num)
    return result_int(L, base, word)


@library("bit.bor")
@native
def lib_bit_bor(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_all_numbers(g, base, nargs)):
        return -1
    word = to_bits(base.num)
    for i in range(1, nargs):
        word = word | to_bits((base + i).num)
    return result_int(L, base, word)


@library("bit.bxor")
@native
def lib_bit_bxor(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_all_numbers(g, base, nargs)):
        return -1
    word = to_bits(base.num)
    for i in range(1, nargs):
        word = word ^ to_bits((base + i).num)
    return result_int(L, base, word)


@library("bit.tohex")
@native
def lib_bit_tohex(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """The last n digits (8), zeros in front if there are fewer; a negative n means capitals."""
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    word = to_bits(base.num)
    count: i32 = 8
    letter: u32 = SMALL_A - 10
    if nargs > 1:
        if unlikely(not check_number(g, base, nargs, 2)):
            return -1
        count = i32(to_bits((base + 1).num))
        if count < 0:
            count = -count
            letter = CAPITAL_A - 10
    if count < 8:  # Also -2^31, which is its own negation.
        word = word & ((u32(1) << (u32(count) * 4 & 31)) - 1)
    count = (count + 1 & 255) - 1  # 255 means as many as it takes.
    least: i32 = 0 if count >= 0 else 1
    rest = word
    while rest != 0:
        least += 1
        rest = rest >> 4
    if count < 0 and word != 0:
        least -= 1
    count = count if count > least else least
    out = buf_need(g, u64(256))
    i = count
    while i > 0:
        i -= 1
        digit = word & 15
        word = word >> 4
        out[i] = digit + (ZERO if digit < 10 else letter)
    return result_string(L, base, str_new(g, out, u32(count)))
