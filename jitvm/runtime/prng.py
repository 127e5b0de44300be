"""Random numbers: L'Ecuyer's maximally equidistributed combined Tausworthe generator, period 2^223.

("Tables of maximally-equidistributed combined LFSR generators", table 3, first entry.)  The same as
LuaJIT's, so that a seed gives the same numbers.  Four shift registers of 64 bits; `lane` steps one of
them.
"""

from __future__ import annotations

from ir.objects import VM
from jitvm.native import Ptr, bits, f64, from_bits, inline, native, u64

SEEDS = (0xA0D277570A345B8C, 0x764A296C5D4AA64F, 0x51220704070ADEAA, 0x2A2717B5A7B7B927)
SEED_0, SEED_1, SEED_2, SEED_3 = SEEDS
PI, E = 3.14159265358979323846, 2.7182818284590452354
MANTISSA, ONE = 0x000FFFFFFFFFFFFF, 0x3FF0000000000000


@inline
def lane(z: u64, q: u64, down: u64, keep: u64, s: u64) -> u64:
    """One step of one register: `down` is k - s, `keep` 64 - k."""
    return u64(u64(z << q) ^ z) >> down ^ u64((z >> keep << keep) << s)


@native
def prng_step(g: Ptr[VM]) -> u64:
    """64 random bits."""
    state = g.prng
    a = lane(state[0], 31, 45, 1, 18)
    b = lane(state[1], 19, 30, 6, 28)
    c = lane(state[2], 24, 48, 9, 7)
    d = lane(state[3], 21, 39, 17, 8)
    state[0] = a
    state[1] = b
    state[2] = c
    state[3] = d
    return a ^ b ^ c ^ d


@inline
def prng_above_one(g: Ptr[VM]) -> f64:
    """Uniform in [1, 2): random bits as the mantissa of a double."""
    return from_bits(prng_step(g) & MANTISSA | ONE)


@native
def prng_double(g: Ptr[VM]) -> f64:
    """Uniform in [0, 1)."""
    return prng_above_one(g) - 1.0


@native
def prng_seed_fixed(g: Ptr[VM]) -> None:
    """The state before any seed was given."""
    g.prng[0] = SEED_0
    g.prng[1] = SEED_1
    g.prng[2] = SEED_2
    g.prng[3] = SEED_3


@native
def prng_seed(g: Ptr[VM], d: f64) -> None:
    """math.randomseed: a chaotic sequence fills the registers, each with a non-zero upper part."""
    state = g.prng
    for i in range(4):
        d = d * PI + E
        word = bits(d)
        least = u64(1) << (u64(0x11090601) >> (u64(i) * 8) & 0xFF)
        state[i] = word + least if word < least else word
    for _ in range(10):
        prng_step(g)
