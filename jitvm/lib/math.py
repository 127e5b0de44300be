"""math.*: natives; angles in degrees are Lua functions, as in LuaJIT.

The transcendental functions are libm's, so that results are the same to the last bit as those of a program
linked against it.
"""

from __future__ import annotations

from ir.objects import VM, State, TValue
from jitvm.lib.args import (
    check_all_numbers,
    check_number,
    check_numbers,
    result_number,
)
from jitvm.lib.table import library, lua_library
from jitvm.native import (
    Ptr,
    bits,
    ceil,
    f64,
    fabs,
    floor,
    fmax,
    fmin,
    from_bits,
    i32,
    i64,
    native,
    sqrt,
    trunc,
    u32,
    unlikely,
)
from jitvm.runtime.prng import prng_double, prng_seed
from jitvm.runtime.value import set_number

lua_library("math.deg", "return function(x) return x * 57.29577951308232 end")
lua_library("math.rad", "return function(x) return x * 0.017453292519943295 end")

SIGN = 1 << 63
MAX_EXPONENT = 5000.0  # Beyond, every number scales to 0 or infinity.
HIGH_BITS = 0x800FFFFFFFFFFFFF  # All but the exponent.
HALF = 0x3FE0000000000000


@library("math.abs")
@native
def lib_math_abs(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, fabs(base.num))


@library("math.floor")
@native
def lib_math_floor(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, floor(base.num))


@library("math.ceil")
@native
def lib_math_ceil(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    result = ceil(base.num)
    if base.num < -0.5 and result == 0.0:
        result = 0.0  # luajit's interpreter rounds to -1 first, and then adds 1: no -0.
    return result_number(L, base, result)


@library("math.sqrt")
@native
def lib_math_sqrt(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, sqrt(base.num))


@library("math.min")
@native
def lib_math_min(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Of equal numbers, and where one is NaN, the later argument."""
    if unlikely(not check_all_numbers(g, base, nargs)):
        return -1
    x = base.num
    for i in range(1, nargs):
        x = fmin(x, (base + i).num)
    return result_number(L, base, x)


@library("math.max")
@native
def lib_math_max(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_all_numbers(g, base, nargs)):
        return -1
    x = base.num
    for i in range(1, nargs):
        x = fmax(x, (base + i).num)
    return result_number(L, base, x)


@library("math.log10")
@native
def lib_math_log10(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.log10(base.num))


@library("math.exp")
@native
def lib_math_exp(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.exp(base.num))


@library("math.sin")
@native
def lib_math_sin(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.sin(base.num))


@library("math.cos")
@native
def lib_math_cos(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.cos(base.num))


@library("math.tan")
@native
def lib_math_tan(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.tan(base.num))


@library("math.asin")
@native
def lib_math_asin(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.asin(base.num))


@library("math.acos")
@native
def lib_math_acos(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.acos(base.num))


@library("math.atan")
@native
def lib_math_atan(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.atan(base.num))


@library("math.sinh")
@native
def lib_math_sinh(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.sinh(base.num))


@library("math.cosh")
@native
def lib_math_cosh(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.cosh(base.num))


@library("math.tanh")
@native
def lib_math_tanh(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    return result_number(L, base, g.tanh(base.num))


@library("math.log")
@native
def lib_math_log(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """With a base: a product of binary logarithms, LuaJIT's rounding."""
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    if nargs == 1:
        return result_number(L, base, g.log(base.num))
    if unlikely(not check_number(g, base, nargs, 2)):
        return -1
    return result_number(L, base, g.log2(base.num) * (1.0 / g.log2((base + 1).num)))


@library("math.atan2")
@native
def lib_math_atan2(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    return result_number(L, base, g.atan2(base.num, (base + 1).num))


@library("math.pow")
@native
def lib_math_pow(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    return result_number(L, base, g.pow(base.num, (base + 1).num))


@library("math.fmod")
@native
def lib_math_fmod(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    return result_number(L, base, g.fmod(base.num, (base + 1).num))


@library("math.ldexp")
@native
def lib_math_ldexp(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """x * 2^e, e truncated."""
    if unlikely(not check_numbers(g, base, nargs)):
        return -1
    e = (base + 1).num
    if e - e != 0.0:
        return result_number(L, base, base.num * (0.0 if e < 0.0 else e))
    e = fmin(fmax(e, -MAX_EXPONENT), MAX_EXPONENT)
    return result_number(L, base, g.ldexp(base.num, i32(e)))


@library("math.frexp")
@native
def lib_math_frexp(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """A fraction in [0.5, 1) and the exponent; 0, NaN and infinities are their own fraction."""
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    x = base.num
    exponent: i32 = 0
    if x != 0.0 and x - x == 0.0:
        if fabs(x) < 2.2250738585072014e-308:
            x = x * 18014398509481984.0
            exponent = -54
        word = bits(x)
        exponent += i32(word >> 52 & 0x7FF) - 1022
        x = from_bits(word & HIGH_BITS | HALF)
    set_number(base, x)
    set_number(base + 1, f64(exponent))
    L.top = base + 2
    return 2


@library("math.modf")
@native
def lib_math_modf(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """Integer part and the rest, both with the sign of x."""
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    x = base.num
    whole = trunc(x)
    rest = 0.0 if x - x != 0.0 and x == x else x - whole
    set_number(base, whole)
    if x == x:
        rest = from_bits(bits(rest) & (SIGN - 1) | bits(x) & SIGN)
    set_number(base + 1, rest)
    L.top = base + 2
    return 2


@library("math.random")
@native
def lib_math_random(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    """[0, 1), an integer of 1 .. m, or one of m .. n."""
    d = prng_double(g)
    if nargs > 0:
        if unlikely(not check_number(g, base, nargs, 1)):
            return -1
        first = base.num
        if nargs == 1:
            d = floor(d * first) + 1.0
        else:
            if unlikely(not check_number(g, base, nargs, 2)):
                return -1
            d = floor(d * ((base + 1).num - first + 1.0)) + first
    return result_number(L, base, d)


@library("math.randomseed")
@native
def lib_math_randomseed(g: Ptr[VM], L: Ptr[State], base: Ptr[TValue], nargs: u32) -> i64:
    if unlikely(not check_number(g, base, nargs, 1)):
        return -1
    prng_seed(g, base.num)
    return 0
