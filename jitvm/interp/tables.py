"""Tables: reading, writing, creating; globals.

The fast paths are LuaJIT's: an index in the array part, or a walk along a node chain comparing whole slots (a
string key is its tagged pointer).  What they do not find goes to `slow_index` and `slow_newindex` (meta.py),
which know metatables.  Both get the addresses of object and key, and find the slot to fill or to take
the value from in the bytecode's A.
"""

from __future__ import annotations

from ir.objects import VM, GCstr, GCtab, Node, TValue
from ir.types import TAG_SHIFT, TAG_STR, TAG_TAB
from jitvm.front.bytecode import BC
from jitvm.interp.collect import vm_collect
from jitvm.interp.frames import frame_func, number, table_in
from jitvm.interp.meta import slow_index, slow_newindex
from jitvm.interp.throw import vm_error
from jitvm.native import (
    Interp,
    Next,
    Ptr,
    addr,
    f64,
    handler,
    i32,
    i64,
    inline,
    likely,
    native,
    u32,
    u64,
    unlikely,
)
from jitvm.runtime.barrier import barrier_back
from jitvm.runtime.errcodes import ERR_BADTYPE, ERR_TABLE_KEY
from jitvm.runtime.table import array_slot, tab_dup, tab_new, tab_resize, tab_setint
from jitvm.runtime.value import NIL, STR_BITS, set_tab

#: Operand of TNEW: 11 bits of array size, the largest of them meaning a little more, then the hash bits.
ASIZE_BITS, ASIZE_MAX, ASIZE_LARGE = 11, 0x7FF, 0x801
#: Array index of a key constant given as a byte, for table functions that take any key.
NO_NODE = 0


@inline
def is_table(value: i64) -> bool:
    return (value >> TAG_SHIFT) == TAG_TAB


@inline
def kstr(vm: Interp, d: u64) -> u64:
    """The address of a string constant."""
    return vm.kbase[-1 - i64(d)]


@inline
def string_node(t: Ptr[GCtab], key: u64) -> Ptr[Node]:
    """Where the chain of a string at address `key` starts."""
    return t.node + (Ptr[GCstr](key).sid & t.hmask)


@inline
def int_key(slot: Ptr[TValue]) -> i32:
    """The number in a slot as an integer; exact only if the caller finds it equal."""
    return i32(slot.num)


# Reading.


@handler(BC.TGETS)
def tgets(vm: Interp, ra: u64, rd: u64) -> Next:
    obj = vm.base + (rd >> 8 & 0xFF)
    value = obj.sbits
    key = kstr(vm, rd & 0xFF)
    if unlikely(not is_table(value)):
        return vm.tail(slow_index_str, addr(obj), key)
    t = table_in(value)
    n = string_node(t, key)
    tagged = key | STR_BITS
    while unlikely(n.key.bits != tagged):
        n = n.next
        if unlikely(addr(n) == NO_NODE):
            return vm.tail(slow_index_str, addr(obj), key)
    found = n.val.bits
    if unlikely(found == NIL):
        return vm.tail(slow_index_str, addr(obj), key)
    (vm.base + ra).bits = found
    return vm.next()


@handler(BC.GGET)
def gget(vm: Interp, ra: u64, rd: u64) -> Next:
    t = frame_func(vm.base).env
    key = kstr(vm, rd)
    n = string_node(t, key)
    tagged = key | STR_BITS
    while unlikely(n.key.bits != tagged):
        n = n.next
        if unlikely(addr(n) == NO_NODE):
            return vm.tail(slow_global, ra, key)
    found = n.val.bits
    if unlikely(found == NIL):
        return vm.tail(slow_global, ra, key)
    (vm.base + ra).bits = found
    return vm.next()


@handler(BC.TGETB)
def tgetb(vm: Interp, ra: u64, rd: u64) -> Next:
    obj = vm.base + (rd >> 8 & 0xFF)
    value = obj.sbits
    index = u32(rd & 0xFF)
    if unlikely(not is_table(value)):
        return vm.tail(slow_index_int, addr(obj), rd & 0xFF)
    t = table_in(value)
    if unlikely(index >= t.asize):
        return vm.tail(slow_index_int, addr(obj), rd & 0xFF)
    found = (t.array + index).bits
    if unlikely(found == NIL):
        return vm.tail(slow_index_int, addr(obj), rd & 0xFF)
    (vm.base + ra).bits = found
    return vm.next()


@handler(BC.TGETV)
def tgetv(vm: Interp, ra: u64, rd: u64) -> Next:
    obj = vm.base + (rd >> 8 & 0xFF)
    key = vm.base + (rd & 0xFF)
    value = obj.sbits
    if unlikely(not is_table(value)):
        return vm.tail(slow_index, obj, key)
    t = table_in(value)
    if likely(number(key)):
        index = int_key(key)
        if unlikely(f64(index) != key.num or u32(index) >= t.asize):
            return vm.tail(slow_index, obj, key)
        found = (t.array + u32(index)).bits
        if unlikely(found == NIL):
            return vm.tail(slow_index, obj, key)
        (vm.base + ra).bits = found
        return vm.next()
    tagged = key.bits
    if unlikely(key.sbits >> TAG_SHIFT != TAG_STR):
        return vm.tail(slow_index, obj, key)
    n = string_node(t, tagged ^ STR_BITS)
    while unlikely(n.key.bits != tagged):
        n = n.next
        if unlikely(addr(n) == NO_NODE):
            return vm.tail(slow_index, obj, key)
    hit = n.val.bits
    if unlikely(hit == NIL):
        return vm.tail(slow_index, obj, key)
    (vm.base + ra).bits = hit
    return vm.next()


@handler(BC.TGETR)
def tgetr(vm: Interp, ra: u64, rd: u64) -> Next:
    """Only in our own code: B is a table, C a number, truncated to an integer as a cast does."""
    t = table_in((vm.base + (rd >> 8 & 0xFF)).sbits)
    (vm.base + ra).bits = array_slot(vm.g, t, int_key(vm.base + (rd & 0xFF))).bits
    return vm.next()


# Writing.


@handler(BC.TSETS)
def tsets(vm: Interp, ra: u64, rd: u64) -> Next:
    obj = vm.base + (rd >> 8 & 0xFF)
    value = obj.sbits
    key = kstr(vm, rd & 0xFF)
    if unlikely(not is_table(value)):
        return vm.tail(slow_newindex_str, addr(obj), key)
    t = table_in(value)
    t.nomm = 0
    n = string_node(t, key)
    tagged = key | STR_BITS
    while unlikely(n.key.bits != tagged):
        n = n.next
        if unlikely(addr(n) == NO_NODE):
            return vm.tail(slow_newindex_str, addr(obj), key)
    if unlikely(n.val.bits == NIL):
        if t.metatable:
            return vm.tail(slow_newindex_str, addr(obj), key)
    n.val.bits = (vm.base + ra).bits
    barrier_back(vm.g, t)
    return vm.next()


@handler(BC.GSET)
def gset(vm: Interp, ra: u64, rd: u64) -> Next:
    t = frame_func(vm.base).env
    key = kstr(vm, rd)
    n = string_node(t, key)
    tagged = key | STR_BITS
    while unlikely(n.key.bits != tagged):
        n = n.next
        if unlikely(addr(n) == NO_NODE):
            return vm.tail(slow_global_set, ra, key)
    if unlikely(n.val.bits == NIL):
        return vm.tail(slow_global_set, ra, key)
    n.val.bits = (vm.base + ra).bits
    barrier_back(vm.g, t)
    return vm.next()


@handler(BC.TSETB)
def tsetb(vm: Interp, ra: u64, rd: u64) -> Next:
    obj = vm.base + (rd >> 8 & 0xFF)
    value = obj.sbits
    index = u32(rd & 0xFF)
    if unlikely(not is_table(value)):
        return vm.tail(slow_newindex_int, addr(obj), rd & 0xFF)
    t = table_in(value)
    if unlikely(index >= t.asize):
        return vm.tail(slow_newindex_int, addr(obj), rd & 0xFF)
    slot = t.array + index
    if unlikely(slot.bits == NIL):
        if t.metatable:
            return vm.tail(slow_newindex_int, addr(obj), rd & 0xFF)
    slot.bits = (vm.base + ra).bits
    barrier_back(vm.g, t)
    return vm.next()


@handler(BC.TSETV)
def tsetv(vm: Interp, ra: u64, rd: u64) -> Next:
    obj = vm.base + (rd >> 8 & 0xFF)
    key = vm.base + (rd & 0xFF)
    value = obj.sbits
    if unlikely(not is_table(value)):
        return vm.tail(slow_newindex, obj, key)
    t = table_in(value)
    if likely(number(key)):
        index = int_key(key)
        if unlikely(f64(index) != key.num or u32(index) >= t.asize):
            return vm.tail(slow_newindex, obj, key)
        slot = t.array + u32(index)
        if unlikely(slot.bits == NIL):
            if t.metatable:
                return vm.tail(slow_newindex, obj, key)
        slot.bits = (vm.base + ra).bits
        barrier_back(vm.g, t)
        return vm.next()
    tagged = key.bits
    if unlikely(key.sbits >> TAG_SHIFT != TAG_STR):
        return vm.tail(slow_newindex, obj, key)
    t.nomm = 0
    n = string_node(t, tagged ^ STR_BITS)
    while unlikely(n.key.bits != tagged):
        n = n.next
        if unlikely(addr(n) == NO_NODE):
            return vm.tail(slow_newindex, obj, key)
    if unlikely(n.val.bits == NIL):
        if t.metatable:
            return vm.tail(slow_newindex, obj, key)
    n.val.bits = (vm.base + ra).bits
    barrier_back(vm.g, t)
    return vm.next()


@handler(BC.TSETR)
def tsetr(vm: Interp, ra: u64, rd: u64) -> Next:
    """Only in our own code: B is a table, C a number, truncated; metamethods do not count."""
    g = vm.g
    t = table_in((vm.base + (rd >> 8 & 0xFF)).sbits)
    slot = tab_setint(g, t, int_key(vm.base + (rd & 0xFF)))
    slot.bits = (vm.base + ra).bits
    barrier_back(g, t)
    return vm.next()


@native
def set_range(g: Ptr[VM], t: Ptr[GCtab], first: u32, src: Ptr[TValue], count: u32) -> bool:
    """`count` values from `src` to the indexes from `first` on.

    An array part that is too small gets one slot more than it needs: `#` finds its border by the size."""
    end = first + count
    if end > t.asize:
        if not tab_resize(g, t, end + 1, t.lsizenode if t.hmask != 0 else 0):
            return False
    for i in range(count):
        (t.array + (first + i)).bits = (src + i).bits
    return True


@handler(BC.TSETM)
def tsetm(vm: Interp, ra: u64, rd: u64) -> Next:
    """The results of the last open call, from A on, into the table below A; D: the first index."""
    g = vm.g
    src = vm.base + ra
    value = (src - 1).sbits
    if unlikely(not is_table(value)):  # Not compiled.
        return vm.tail(vm_error, ERR_BADTYPE, ra)
    t = table_in(value)
    count = u32(g.multres) - 1
    if count != 0:
        if unlikely(not set_range(g, t, u32(vm.kbase[rd]), src, count)):
            return vm.tail(vm_error, ERR_TABLE_KEY, u64(g.errkind))
        barrier_back(g, t)
    return vm.next()


# Creating.


@handler(BC.TNEW)
def tnew(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    asize = u32(rd) & ASIZE_MAX
    if unlikely(asize == ASIZE_MAX):
        asize = ASIZE_LARGE
    set_tab(vm.base + ra, tab_new(g, asize, u32(rd >> ASIZE_BITS)))
    if unlikely(g.gc_total >= g.gc_threshold):
        return vm.tail(vm_collect, 0, 0)
    return vm.next()


@handler(BC.TDUP)
def tdup(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    set_tab(vm.base + ra, tab_dup(g, Ptr[GCtab](vm.kbase[-1 - i64(rd)])))
    if unlikely(g.gc_total >= g.gc_threshold):
        return vm.tail(vm_collect, 0, 0)
    return vm.next()


# Slow paths.


@handler()
def slow_global(vm: Interp, ra: u64, rd: u64) -> Next:
    """A global that is not there; `rd` is the address of its name."""
    g = vm.g
    set_tab(g.ref("tmptv"), frame_func(vm.base).env)
    g.tmptv2.bits = rd | STR_BITS
    return vm.tail(slow_index, g.ref("tmptv"), g.ref("tmptv2"))


@handler()
def slow_global_set(vm: Interp, ra: u64, rd: u64) -> Next:
    g = vm.g
    t = frame_func(vm.base).env
    t.nomm = 0
    set_tab(g.ref("tmptv"), t)
    g.tmptv2.bits = rd | STR_BITS
    return vm.tail(slow_newindex, g.ref("tmptv"), g.ref("tmptv2"))


@handler()
def slow_index_str(vm: Interp, ra: u64, rd: u64) -> Next:
    """`ra` is the address of the object, `rd` the address of the string that is the key."""
    vm.g.tmptv2.bits = rd | STR_BITS
    return vm.tail(slow_index, ra, vm.g.ref("tmptv2"))


@handler()
def slow_index_int(vm: Interp, ra: u64, rd: u64) -> Next:
    vm.g.tmptv2.num = f64(i32(rd))
    return vm.tail(slow_index, ra, vm.g.ref("tmptv2"))


@handler()
def slow_newindex_str(vm: Interp, ra: u64, rd: u64) -> Next:
    vm.g.tmptv2.bits = rd | STR_BITS
    return vm.tail(slow_newindex, ra, vm.g.ref("tmptv2"))


@handler()
def slow_newindex_int(vm: Interp, ra: u64, rd: u64) -> Next:
    vm.g.tmptv2.num = f64(i32(rd))
    return vm.tail(slow_newindex, ra, vm.g.ref("tmptv2"))
