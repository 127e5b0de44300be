"""Tables: LuaJIT's array part and chained hash part with Brent's variation, native throughout.

    slot = tab_getstr(g, t, s)              never null: g.niltv when there is no such key
    slot = tab_setint(g, t, 3)              where to store; the key exists afterwards
    t = tab_new(g, asize, hbits)            asize counts index 0; 2^hbits nodes, 0 for none

Sizes, growth and the search for a border are LuaJIT's (see `tabsize.py`), so that `#t` and the order of
number keys agree with it.  A failing setter returns null and leaves KEY_NIL, KEY_NAN or TABLE_OVERFLOW in
g.errkind.

Invariants: `hmask == 0` means no hash part: `node` is then g.nilnode, which is never written.  A number
key that is an int in the range of the array part is never in the hash part.  A dead key stays in its node
until the next rehash. -0 as a key is stored as 0.

Does not do: metatables; callers test for nil results and a metatable.
"""

from __future__ import annotations

from ir.objects import GCT_TAB, VM, GCstr, GCtab, Node, TValue, offset_of
from jitvm.native import Ptr, addr, f64, i32, inline, likely, native, rol32, u8, u32, u64, unlikely
from jitvm.runtime.alloc import MEDIUM_MAX, mem_alloc, mem_free, span_extend
from jitvm.runtime.barrier import barrier_back
from jitvm.runtime.tabsize import TABLE_OVERFLOW, fits_limits, wanted_sizes
from jitvm.runtime.value import (
    FALSE,
    TRUE,
    copy,
    is_nil,
    is_number,
    is_str,
    num2int,
    obj_equal,
    set_nil,
    set_number,
    set_str,
    str_of,
)

KEY_NIL, KEY_NAN = 1, 2
#: Array parts of up to this many slots stand behind the table in one cell.
MAX_COLOSIZE = 16
GCTAB_SIZE = GCtab.sizeof()
NODE_SIZE = Node.sizeof()
NILNODE_OFFSET = offset_of(VM, "nilnode")
NILTV_OFFSET = offset_of(VM, "niltv")
#: Key slots in the global area: of the integer or string key at hand, and of the one that made a table grow.
SLOT_OFFSET = 0x8090
GROW_OFFSET = 0x8098

assert TABLE_OVERFLOW not in (KEY_NIL, KEY_NAN)


# Hashing.


@inline
def nil_slot(g: Ptr[VM]) -> Ptr[TValue]:
    return Ptr[TValue](addr(g) + NILTV_OFFSET)


@inline
def nil_node(g: Ptr[VM]) -> Ptr[Node]:
    return Ptr[Node](addr(g) + NILNODE_OFFSET)


@inline
def hash_words(lo: u32, hi: u32) -> u32:
    """LuaJIT's scrambling of numbers and pointers."""
    a = u32((lo ^ hi) - rol32(hi, 14))
    b = rol32(hi, 19) ^ a
    return u32(b - rol32(a, 13))


@inline
def node_of_str(t: Ptr[GCtab], s: Ptr[GCstr]) -> Ptr[Node]:
    return t.node + (s.sid & t.hmask)


@inline
def node_of_num(t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[Node]:
    return t.node + (hash_words(key.lo, u32(key.hi << 1)) & t.hmask)


@native
def tab_mainnode(t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[Node]:
    """Where a key's chain starts."""
    if is_str(key):
        return node_of_str(t, str_of(key))
    if is_number(key):
        return node_of_num(t, key)
    if key.bits == TRUE or key.bits == FALSE:
        return t.node + (u32(key.bits == TRUE) & t.hmask)
    return t.node + (hash_words(key.lo, key.hi) & t.hmask)


# Creation.


@native
def tab_new(g: Ptr[VM], asize: u32, hbits: u32) -> Ptr[GCtab]:
    """An empty table; null if it would be too large."""
    if unlikely(not fits_limits(asize, hbits)):
        g.errkind = TABLE_OVERFLOW
        return Ptr[GCtab](u64(0))
    t = tab_header(g, asize)
    for i in range(t.asize):
        set_nil(t.array + i)
    if hbits != 0:
        new_hash(g, t, hbits)
    return t


@inline
def tab_header(g: Ptr[VM], asize: u32) -> Ptr[GCtab]:
    """A table with an array part that is not yet cleared, and no hash part."""
    colocated = asize if asize <= MAX_COLOSIZE else 0
    t = Ptr[GCtab](mem_alloc(g, GCTAB_SIZE + 8 * u64(colocated)))
    t.gct = GCT_TAB
    t.color = 0
    t.nomm = 0xFF
    t.colo = colocated
    t.asize = asize
    t.array = Ptr[TValue](addr(t) + GCTAB_SIZE)
    t.node = nil_node(g)
    t.freetop = nil_node(g)
    t.hmask = 0
    t.metatable = Ptr[GCtab](u64(0))
    if asize > MAX_COLOSIZE:
        t.array = Ptr[TValue](mem_alloc(g, 8 * u64(asize)))
    return t


@native
def tab_new1(g: Ptr[VM], ahsize: u32) -> Ptr[GCtab]:
    """From the operand of TNEW: hbits << 24 | asize."""
    return tab_new(g, ahsize & 0xFFFFFF, ahsize >> 24)


@native
def new_hash(g: Ptr[VM], t: Ptr[GCtab], hbits: u32) -> None:
    """An empty hash part.  The old one is not freed."""
    size = u32(1) << hbits
    node = Ptr[Node](mem_alloc(g, u64(size) * NODE_SIZE))
    t.node = node
    t.hmask = size - 1
    t.lsizenode = hbits
    clear_hash(t)


@native
def clear_hash(t: Ptr[GCtab]) -> None:
    """Every node empty and free."""
    t.freetop = t.node + (t.hmask + 1)
    for i in range(t.hmask + 1):
        n = t.node + i
        n.val.sbits = -1
        n.key.sbits = -1
        n.next = Ptr[Node](u64(0))


@native
def tab_clear(t: Ptr[GCtab]) -> None:
    """No keys; the sizes stay."""
    for i in range(t.asize):
        set_nil(t.array + i)
    if t.hmask != 0:
        clear_hash(t)


@native
def tab_dup(g: Ptr[VM], kt: Ptr[GCtab]) -> Ptr[GCtab]:
    """A copy of a template table, same sizes and same places."""
    t = tab_header(g, kt.asize)
    t.nomm = 0
    for i in range(kt.asize):
        copy(t.array + i, kt.array + i)
    if kt.hmask != 0:
        size = u64(kt.hmask + 1) * NODE_SIZE
        node = mem_alloc(g, size)
        knode = addr(kt.node)
        t.node = Ptr[Node](node)
        t.hmask = kt.hmask
        t.lsizenode = kt.lsizenode
        t.freetop = Ptr[Node](addr(kt.freetop) - knode + node)
        for i in range(kt.hmask + 1):
            to, n = t.node + i, kt.node + i
            to.val.bits = n.val.bits
            to.key.bits = n.key.bits
            moved = addr(n.next)
            to.next = Ptr[Node](moved - knode + node if moved != 0 else moved)
    return t


# Reading.


@inline
def array_slot(g: Ptr[VM], t: Ptr[GCtab], key: i32) -> Ptr[TValue]:
    """`tab_getint` with its fast path in line."""
    return t.array + key if likely(u32(key) < t.asize) else tab_getinth(g, t, key)


@native
def tab_getint(g: Ptr[VM], t: Ptr[GCtab], key: i32) -> Ptr[TValue]:
    """The slot of an integer key."""
    if likely(u32(key) < t.asize):
        return t.array + key
    return tab_getinth(g, t, key)


@native
def tab_getinth(g: Ptr[VM], t: Ptr[GCtab], key: i32) -> Ptr[TValue]:
    """The slot of an integer key outside of the array part."""
    if t.hmask == 0:
        return nil_slot(g)
    k = Ptr[TValue](addr(g) + SLOT_OFFSET)
    set_number(k, f64(key))
    return tab_getnum(g, t, k)


@native
def tab_getnum(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[TValue]:
    """The hash slot of a number key that is no index of the array part, and not -0."""
    n = node_of_num(t, key)
    while n != None:  # noqa: E711
        if is_number(n.key) and n.key.num == key.num:
            return n.val
        n = n.next
    return nil_slot(g)


@native
def tab_getstr(g: Ptr[VM], t: Ptr[GCtab], s: Ptr[GCstr]) -> Ptr[TValue]:
    """The slot of a string key."""
    n = node_of_str(t, s)
    while n != None:  # noqa: E711
        if is_str(n.key) and str_of(n.key) == s:
            return n.val
        n = n.next
    return nil_slot(g)


@native
def tab_get(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[TValue]:
    """The slot of any key."""
    if is_str(key):
        return tab_getstr(g, t, str_of(key))
    if is_number(key):
        k = num2int(key.num)
        if f64(k) == key.num:
            return tab_getint(g, t, k)
    if is_nil(key):
        return nil_slot(g)
    return find_key(g, t, key)


@native
def find_key(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[TValue]:
    """The slot of a key in the hash part."""
    n = tab_mainnode(t, key)
    while n != None:  # noqa: E711
        if obj_equal(n.key, key):
            return n.val
        n = n.next
    return nil_slot(g)


# Writing.


@native
def tab_setint(g: Ptr[VM], t: Ptr[GCtab], key: i32) -> Ptr[TValue]:
    """Where to store the value of an integer key."""
    if likely(u32(key) < t.asize):
        return t.array + key
    return tab_setinth(g, t, key)


@native
def tab_setinth(g: Ptr[VM], t: Ptr[GCtab], key: i32) -> Ptr[TValue]:
    """The same outside of the array part."""
    k = Ptr[TValue](addr(g) + SLOT_OFFSET)
    set_number(k, f64(key))
    slot = tab_getnum(g, t, k)
    if slot != nil_slot(g):
        return slot
    return tab_newkey(g, t, k)


@native
def tab_setstr(g: Ptr[VM], t: Ptr[GCtab], s: Ptr[GCstr]) -> Ptr[TValue]:
    """Where to store the value of a string key."""
    slot = tab_getstr(g, t, s)
    if slot != nil_slot(g):
        return slot
    k = Ptr[TValue](addr(g) + SLOT_OFFSET)
    set_str(k, s)
    return tab_newkey(g, t, k)


@native
def tab_set(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[TValue]:
    """Where to store the value of any key; null for nil and NaN."""
    t.nomm = 0
    if is_str(key):
        return tab_setstr(g, t, str_of(key))
    if is_number(key):
        k = num2int(key.num)
        if f64(k) == key.num:
            return tab_setint(g, t, k)
        if unlikely(key.num != key.num):
            g.errkind = KEY_NAN
            return Ptr[TValue](u64(0))
    elif unlikely(is_nil(key)):
        g.errkind = KEY_NIL
        return Ptr[TValue](u64(0))
    slot = find_key(g, t, key)
    if slot != nil_slot(g):
        return slot
    return tab_newkey(g, t, key)


@native
def tab_newkey(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[TValue]:
    """Inserts a key that is not there.  Null on overflow."""
    n = tab_mainnode(t, key)
    if t.hmask == 0 or not is_nil(n.val):
        free = t.freetop
        while True:
            if free == t.node:
                return grow_and_set(g, t, key)
            free = free - 1
            if is_nil(free.key):
                break
        t.freetop = free
        other = tab_mainnode(t, n.key)
        if other != n:
            displace(t, n, free, other)
        else:
            free.next = n.next
            n.next = free
            n = free
    n.key.bits = key.bits
    if unlikely(n.key.bits == 0x8000000000000000):
        n.key.bits = 0
    barrier_back(g, t)
    return n.val


@native
def displace(t: Ptr[GCtab], n: Ptr[Node], free: Ptr[Node], before: Ptr[Node]) -> None:
    """Moves an entry that is not in its main position to a free node, and empties its node."""
    while before.next != n:
        before = before.next
    before.next = free
    free.val.bits = n.val.bits
    free.key.bits = n.key.bits
    free.next = n.next
    n.next = Ptr[Node](u64(0))
    n.val.sbits = -1
    rechain(t, n, free)


@native
def rechain(t: Ptr[GCtab], n: Ptr[Node], last: Ptr[Node]) -> None:
    """Entries behind `last` that belong to the emptied node `n` go back to its chain.

    A dead key keeps its place in a chain; when it is given a value again, entries of another chain may
    hang on it. Once one such entry was found, any entry that is in no main position may hang on a node
    that
    has moved, so every one is put back to where its own chain starts."""
    found = False
    while last.next != None:  # noqa: E711
        nn = last.next
        if is_nil(nn.val):
            last = nn
        else:
            main = tab_mainnode(t, nn.key)
            if main == n or (found and main != last and main != nn):
                last.next = nn.next
                nn.next = main.next
                main.next = nn
                found = True
            else:
                last = nn


@native
def grow_and_set(g: Ptr[VM], t: Ptr[GCtab], key: Ptr[TValue]) -> Ptr[TValue]:
    """No free node: other sizes, then the key again.  Moving keys overwrites the key slot, so it is kept
    apart."""
    kept = Ptr[TValue](addr(g) + GROW_OFFSET)
    copy(kept, key)
    sizes = wanted_sizes(g, t, kept)
    if unlikely(not tab_resize(g, t, u32(sizes), u32(sizes >> 32))):
        return Ptr[TValue](u64(0))
    return tab_set(g, t, kept)


@native
def tab_resize(g: Ptr[VM], t: Ptr[GCtab], asize: u32, hbits: u32) -> bool:
    """Other sizes for both parts, all keys kept.  False on overflow."""
    if unlikely(not fits_limits(asize, hbits)):
        g.errkind = TABLE_OVERFLOW
        return False
    oldnode, oldhmask, oldasize = t.node, t.hmask, t.asize
    if asize > oldasize:
        grow_array(g, t, asize)
    if hbits != 0:
        new_hash(g, t, hbits)
    else:
        t.node = nil_node(g)
        t.freetop = nil_node(g)
        t.hmask = 0
    if asize < oldasize:
        shrink_array(g, t, asize)
    if oldhmask != 0:
        for i in range(oldhmask + 1):
            n = oldnode + i
            if not is_nil(n.val):
                copy(tab_set(g, t, n.key), n.val)
        mem_free(g, addr(oldnode), u64(oldhmask + 1) * NODE_SIZE)
    barrier_back(g, t)  # The new memory is not marked, and keys stand elsewhere.
    return True


@native
def grow_array(g: Ptr[VM], t: Ptr[GCtab], asize: u32) -> None:
    """New slots are nil.  Large arrays grow where they are, if they can."""
    old, oldsize = t.array, t.asize
    array = old
    oldbytes = 8 * u64(oldsize)
    if oldbytes <= MEDIUM_MAX or not span_extend(g, addr(old), 8 * u64(asize)):
        array = Ptr[TValue](mem_alloc(g, 8 * u64(asize)))
        if oldsize > 32:
            g.memcpy(Ptr[u8](addr(array)), Ptr[u8](addr(old)), oldbytes)
        else:
            for i in range(oldsize):
                copy(array + i, old + i)
        if oldsize != 0 and t.colo == 0:
            mem_free(g, addr(old), oldbytes)
    g.memset(Ptr[u8](addr(array) + oldbytes), 0xFF, 8 * u64(asize - oldsize))
    t.colo = 0
    t.array = array
    t.asize = asize


@native
def shrink_array(g: Ptr[VM], t: Ptr[GCtab], asize: u32) -> None:
    """Values beyond go to the hash part; memory of its own shrinks with it."""
    old, oldsize = t.array, t.asize
    t.asize = asize
    for i in range(asize, oldsize):
        if not is_nil(old + i):
            copy(tab_setinth(g, t, i32(i)), old + i)
    if t.colo == 0:
        if asize != 0:
            t.array = Ptr[TValue](mem_alloc(g, 8 * u64(asize)))
            for i in range(asize):
                copy(t.array + i, old + i)
        mem_free(g, addr(old), 8 * u64(oldsize))


# Traversal.


@native
def tab_keyindex(t: Ptr[GCtab], key: Ptr[TValue]) -> u32:
    """Where a traversal goes on after `key`; ~0 if there is no such key.  Array slots come first."""
    if is_nil(key):
        return 0
    if is_number(key):
        k = num2int(key.num)
        if u32(k) < t.asize and f64(k) == key.num:
            return u32(k) + 1
    n = tab_mainnode(t, key)
    while n != None:  # noqa: E711
        if obj_equal(n.key, key):
            return t.asize + u32(n - t.node) + 1
        n = n.next
    if key.hi == KEYINDEX_HI:
        return key.lo
    return 0xFFFFFFFF


@native
def tab_iterate(t: Ptr[GCtab], index: u32, out: Ptr[TValue]) -> u32:
    """Key and value of the first entry at `index` or behind it; the index to go on with, 0 at the end."""
    i = index
    while i < t.asize:
        if not is_nil(t.array + i):
            out.num = f64(i32(i))
            copy(out + 1, t.array + i)
            return i + 1
        i += 1
    i -= t.asize
    while i <= t.hmask:
        n = t.node + i
        if not is_nil(n.val):
            copy(out, n.key)
            copy(out + 1, n.val)
            return i + t.asize + 1
        i += 1
    return 0


@native
def tab_next(t: Ptr[GCtab], key: Ptr[TValue], out: Ptr[TValue]) -> i32:
    """The entry after `key` into two slots: 1; 0 at the end, -1 for a key that is not there."""
    index = tab_keyindex(t, key)
    if unlikely(index == 0xFFFFFFFF):
        return -1
    return 1 if tab_iterate(t, index, out) != 0 else 0


#: Upper half of a control variable that holds an index instead of a key (LJ_KEYINDEX).
KEYINDEX_HI = 0xFFFE7FFF


# Length.


@native
def tab_len(g: Ptr[VM], t: Ptr[GCtab]) -> u32:
    """A border, LuaJIT's choice among them: binary search in the array part if its last slot is nil."""
    hi = t.asize
    if hi > 0:
        hi -= 1
    if hi > 0 and is_nil(t.array + hi):
        lo: u32 = 0
        while hi - lo > 1:
            mid = (lo + hi) >> 1
            if is_nil(t.array + mid):
                hi = mid
            else:
                lo = mid
        return lo
    if t.hmask == 0:
        return hi
    return len_beyond(g, t, hi)


@native
def len_beyond(g: Ptr[VM], t: Ptr[GCtab], full: u32) -> u32:
    """The array part is full: double the bound while the hash part has it, then search between."""
    lo = full
    hi = full + 1
    while not is_nil(tab_getint(g, t, i32(hi))):
        lo = hi
        hi = hi + hi
        if hi > 0x7FFFFFFD:
            lo = 1
            while not is_nil(tab_getint(g, t, i32(lo))):
                lo += 1
            return lo - 1
    while hi - lo > 1:
        mid = (lo + hi) >> 1
        if is_nil(tab_getint(g, t, i32(mid))):
            hi = mid
        else:
            lo = mid
    return lo


@native
def tab_len_hint(g: Ptr[VM], t: Ptr[GCtab], hint: u64) -> u32:
    """`tab_len`, with a guess to try first."""
    at = t.array + i32(hint)
    if likely(hint + 1 < u64(t.asize)):
        if likely(not is_nil(at) and is_nil(at + 1)):
            return u32(hint)
    elif hint + 1 <= u64(t.asize) and t.hmask == 0 and not is_nil(at):
        return u32(hint)
    return tab_len(g, t)
