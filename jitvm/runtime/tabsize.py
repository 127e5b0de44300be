"""How large the two parts of a table become: LuaJIT's counting, so that lengths of sparse tables agree.

Keys are counted in bins by powers of two: bin b holds the keys k with 2^b < k <= 2^(b+1) (0, 1 and 2 are
in bin 0). The array part gets the largest power of two (plus one, for index 0) of which more than half the
slots are in use; all other keys go to the hash part, sized to the next power of two.
"""

from __future__ import annotations

from ir.objects import VM, GCtab, TValue
from jitvm.native import Ptr, addr, clz32, f64, inline, native, u32, u64
from jitvm.runtime.value import is_nil, is_number, num2int

MAX_HBITS = 26
MAX_ABITS = 28
MAX_ASIZE = (1 << (MAX_ABITS - 1)) + 1
TABLE_OVERFLOW = 3
BINS_OFFSET = 0x8100  # u32[MAX_ABITS] in the global area.


@inline
def fits_limits(asize: u32, hbits: u32) -> bool:
    return asize <= MAX_ASIZE and hbits <= MAX_HBITS


@inline
def log2_floor(x: u32) -> u32:
    """Of x != 0."""
    return 31 - clz32(x)


@inline
def hbits_for(count: u32) -> u32:
    """Bits of a hash part for so many keys: 0 for none, else at least 1."""
    bits_ = u32(count)
    if count > 1:
        bits_ = 1 + log2_floor(count - 1)
    return bits_


@native
def count_int(key: Ptr[TValue], bins: Ptr[u32]) -> u32:
    """1 if the key could be in an array part, and its bin is incremented."""
    if is_number(key):
        k = num2int(key.num)
        if u32(k) < MAX_ASIZE and f64(k) == key.num:
            at = log2_floor(u32(k - 1)) if k > 2 else u32(0)
            bins[at] = bins[at] + 1
            return 1
    return 0


@native
def count_array(t: Ptr[GCtab], bins: Ptr[u32]) -> u32:
    """Fills the bins from the array part; the number of values in it."""
    total: u32 = 0
    i: u32 = 0
    b: u32 = 0
    while i < t.asize:
        top = u32(2) << b
        if top >= t.asize:
            top = t.asize - 1
        used: u32 = 0
        while i <= top:
            if not is_nil(t.array + i):
                used += 1
            i += 1
        bins[b] = bins[b] + used
        total += used
        b += 1
    return total


@native
def wanted_sizes(g: Ptr[VM], t: Ptr[GCtab], extra: Ptr[TValue]) -> u64:
    """asize | hbits << 32 for all keys of the table and one more."""
    bins = Ptr[u32](addr(g) + BINS_OFFSET)
    for i in range(MAX_ABITS):
        bins[i] = 0
    ints = count_array(t, bins)
    total = ints + 1
    for i in range(t.hmask + 1):
        n = t.node + i
        if not is_nil(n.val):
            ints += count_int(n.key, bins)
            total += 1
    ints += count_int(extra, bins)
    return best_sizes(bins, ints, total)


@inline
def best_sizes(bins: Ptr[u32], ints: u32, total: u32) -> u64:
    """The largest array part that is more than half full."""
    asize: u32 = 0
    inside: u32 = 0
    seen: u32 = 0
    b: u32 = 0
    while 2 * ints > u32(1) << b and seen != ints:
        if bins[b] > 0:
            seen += bins[b]
            if 2 * seen > u32(1) << b:
                asize = (u32(2) << b) + 1
                inside = seen
        b += 1
    return u64(asize) | u64(hbits_for(total - inside)) << 32
