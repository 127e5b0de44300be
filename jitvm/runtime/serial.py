"""Serialising natively: numbers, strings, primitive values and tables of them.

    ok = encode_value(g, buf, tv, DEPTH)        appended to the buffer
    ok = decode_value(g, buf, tv, DEPTH)        taken from it, into a slot

The format is described in `lib/buffer_py.py`, which does the rest: dictionaries, light userdata, tables as
keys, and all errors.  Where these functions give up the whole is done again there, so they need not undo what
they have done; who calls them puts the buffer's fields back.

Nothing is collected meanwhile, so half-made tables need no protection.
"""

from __future__ import annotations

from ir.calls import CALL_NUMBERS
from ir.objects import UDTYPE_BUFFER, VM, Buffer, GCstr, GCtab, TValue
from jitvm.native import Ptr, addr, f64, i32, native, u8, u32, u64, unlikely
from jitvm.runtime.sbuf import sbuf_add, sbuf_free, sbuf_room, sbuf_set
from jitvm.runtime.string import MAX_STRING, str_new
from jitvm.runtime.table import tab_get, tab_new, tab_set
from jitvm.runtime.udata import buffer_of, buffer_size, udata_sized
from jitvm.runtime.upcalls import UPCALL_SERIALIZE
from jitvm.runtime.value import (
    FALSE,
    NIL,
    NUMBER_LIMIT,
    TRUE,
    is_nil,
    is_number,
    is_str,
    is_tab,
    set_number,
    set_str,
    set_tab,
    str_data,
    str_of,
    tab_of,
)

T_NIL, T_FALSE, T_TRUE, T_INT, T_NUM, T_TAB, T_METATABLE, T_STR = 0, 1, 2, 6, 7, 8, 14, 0x20
#: What is added to the tag of a table that has entries in its hash part; elements from 0 on; from 1 on.
HASH, FROM_0, FROM_1 = 1, 2, 4
#: Numbers below SHORT take one byte, below LONG two.
SHORT, LONG = 0xE0, 0x1FE0
BAD = (1 << 64) - 1
BUFFER_SIZE = Buffer.sizeof()
PUT, GET, ENCODE, DECODE = (
    CALL_NUMBERS[f"lj_serialize_{name}"] for name in ("put", "get", "encode", "decode")
)
#: Tables within tables, at most.
DEPTH = 100


@native
def put_u124(g: Ptr[VM], buf: Ptr[Buffer], value: u32) -> bool:
    """A number of one, two or five bytes."""
    to = sbuf_room(g, buf, u64(5))
    if unlikely(addr(to) == 0):
        return False
    if value < SHORT:
        to[0] = value
        buf.w = to + 1
    elif value < LONG:
        to[0] = SHORT | value - SHORT >> 8
        to[1] = value - SHORT & 0xFF
        buf.w = to + 2
    else:
        to[0] = 0xFF
        Ptr[u32](addr(to) + 1)[0] = value
        buf.w = to + 5
    return True


@native
def encode_value(g: Ptr[VM], buf: Ptr[Buffer], tv: Ptr[TValue], depth: u32) -> bool:
    """Appends a value; false if that is not done here."""
    if is_number(tv):
        to = sbuf_room(g, buf, u64(9))
        if unlikely(addr(to) == 0):
            return False
        to[0] = T_NUM
        Ptr[u64](addr(to) + 1)[0] = tv.bits
        buf.w = to + 9
        return True
    if is_str(tv):
        s = str_of(tv)
        return put_u124(g, buf, s.len + T_STR) and sbuf_add(g, buf, str_data(s), s.len)
    if is_tab(tv):
        return depth != 0 and encode_table(g, buf, tab_of(tv), depth - 1)
    if tv.bits == NIL:
        return put_u124(g, buf, T_NIL)
    if tv.bits == FALSE:
        return put_u124(g, buf, T_FALSE)
    return tv.bits == TRUE and put_u124(g, buf, T_TRUE)


@native
def encode_table(g: Ptr[VM], buf: Ptr[Buffer], t: Ptr[GCtab], depth: u32) -> bool:
    """Elements in order, then the entries of the hash part, last node first."""
    count = t.asize
    while count != 0 and is_nil(t.array + (count - 1)):
        count -= 1
    entries: u32 = 0
    nodes: u32 = t.hmask + 1 if t.hmask != 0 else 0
    for i in range(nodes):
        if not is_nil((t.node + i).val):
            entries += 1
    first: u32 = 1 if count != 0 and is_nil(t.array) else 0
    tag: u32 = T_TAB
    if count != 0:
        tag += FROM_1 if first != 0 else FROM_0
    if entries != 0:
        tag += HASH
    if unlikely(not put_u124(g, buf, tag)):
        return False
    if count != 0 and unlikely(not put_u124(g, buf, count)):
        return False
    if entries != 0 and unlikely(not put_u124(g, buf, entries)):
        return False
    while first < count:
        if unlikely(not encode_value(g, buf, t.array + first, depth)):
            return False
        first += 1
    while nodes != 0:
        nodes -= 1
        n = t.node + nodes
        if not is_nil(n.val):
            if unlikely(not encode_value(g, buf, n.key, depth) or not encode_value(g, buf, n.val, depth)):
                return False
    return True


@native
def get_u124(buf: Ptr[Buffer]) -> u64:
    """The next number; BAD at the end of the buffer."""
    p = buf.r
    size = buffer_size(buf)
    if unlikely(size == 0):
        return u64(BAD)
    value = p[0]
    if value < SHORT:
        buf.r = p + 1
        return u64(value)
    if value != 0xFF:
        if unlikely(size < 2):
            return u64(BAD)
        buf.r = p + 2
        return u64(((value & 0x1F) << 8) + p[1] + SHORT)
    if unlikely(size < 5):
        return u64(BAD)
    buf.r = p + 5
    return u64(Ptr[u32](addr(p) + 1)[0])


@native
def decode_value(g: Ptr[VM], buf: Ptr[Buffer], tv: Ptr[TValue], depth: u32) -> bool:
    """Takes the next value; false if that is not done here."""
    tag = get_u124(buf)
    size = u64(buffer_size(buf))
    p = buf.r
    if tag >= T_STR:
        if unlikely(tag > u64(MAX_STRING) or tag - T_STR > size):
            return False
        length = u32(tag - T_STR)
        set_str(tv, str_new(g, p, length))
        buf.r = p + length
    elif tag == T_NUM and size >= 8:
        bits = Ptr[u64](addr(p))[0]
        if unlikely(bits >= NUMBER_LIMIT):
            return False
        tv.bits = bits
        buf.r = p + 8
    elif tag == T_INT and size >= 4:
        set_number(tv, f64(i32(Ptr[u32](addr(p))[0])))
        buf.r = p + 4
    elif tag >= T_TAB and tag < T_METATABLE:
        return depth != 0 and decode_table(g, buf, u32(tag) - T_TAB, tv, depth - 1)
    elif tag == T_NIL:
        tv.bits = NIL
    elif tag == T_FALSE:
        tv.bits = FALSE
    elif tag == T_TRUE:
        tv.bits = TRUE
    else:
        return False
    return True


@native
def decode_table(g: Ptr[VM], buf: Ptr[Buffer], parts: u32, tv: Ptr[TValue], depth: u32) -> bool:
    count = get_u124(buf) if parts & (FROM_0 | FROM_1) != 0 else u64(0)
    entries = get_u124(buf) if parts & HASH != 0 else u64(0)
    # No entry takes less than a byte.
    if unlikely(count > u64(MAX_STRING) or entries > u64(MAX_STRING)):
        return False
    if unlikely(count + entries * 2 > u64(buffer_size(buf)) + 1):
        return False
    hbits: u32 = 1 if entries != 0 else 0
    while u64(u32(1) << hbits) < entries:
        hbits += 1
    t = tab_new(g, u32(count), hbits)
    if unlikely(not t):
        return False
    i: u32 = 1 if parts & FROM_1 != 0 else 0
    while i < u32(count):
        if unlikely(not decode_value(g, buf, t.array + i, depth)):
            return False
        i += 1
    while entries != 0:
        # A key is no table here, so nothing else uses the temporary slot before it is in the table.
        if unlikely(not decode_value(g, buf, g.tmptv, u32(0)) or not is_nil(tab_get(g, t, g.tmptv))):
            return False
        slot = tab_set(g, t, g.tmptv)
        if unlikely(not slot or not decode_value(g, buf, slot, depth)):
            return False
        entries -= 1
    set_tab(tv, t)
    return True


@native
def encode_into(g: Ptr[VM], buf: Ptr[Buffer], tv: Ptr[TValue]) -> bool:
    """All of it or nothing."""
    if addr(buf.strings) != 0 or addr(buf.metatables) != 0:
        return False
    size = buffer_size(buf)
    if encode_value(g, buf, tv, u32(DEPTH)):
        return True
    buf.w = buf.r + size
    return False


@native
def decode_from(g: Ptr[VM], buf: Ptr[Buffer], tv: Ptr[TValue]) -> Ptr[u8]:
    """Where the next value begins, which is up to the caller to store; null if this one is not read here."""
    start = buf.r
    done = addr(buf.strings) == 0 and addr(buf.metatables) == 0 and decode_value(g, buf, tv, u32(DEPTH))
    behind = buf.r
    buf.r = start
    return behind if done else Ptr[u8](u64(0))


@native
def temporary(g: Ptr[VM]) -> Ptr[Buffer]:
    """A buffer that nobody else has."""
    ud = udata_sized(g, Ptr[GCtab](u64(0)), u64(BUFFER_SIZE))
    ud.udtype = UDTYPE_BUFFER
    return buffer_of(ud)


@native
def encoded(g: Ptr[VM], tv: Ptr[TValue]) -> Ptr[GCstr]:
    """As a string; null if that is not done here."""
    buf = temporary(g)
    s = Ptr[GCstr](u64(0))
    if encode_into(g, buf, tv):
        s = str_new(g, buf.r, buffer_size(buf))
    sbuf_free(g, buf)
    return s


@native
def decoded(g: Ptr[VM], tv: Ptr[TValue], s: Ptr[GCstr]) -> bool:
    """The one value a string stands for; false if it is not read here, or not the only one."""
    buf = temporary(g)
    sbuf_set(g, buf, s)
    behind = decode_from(g, buf, tv)
    return addr(behind) == addr(buf.w)


# Called by traces.


@native
def serialized(g: Ptr[VM], call: u64, subject: u64, slot: Ptr[TValue]) -> u64:
    """What one of the calls below gives; 0 for an error."""
    result = g.upcall(UPCALL_SERIALIZE, call, subject, addr(slot))
    return u64(result) if result > 0 else u64(0)


@native
def trace_serialize_put(g: Ptr[VM], buf: Ptr[Buffer], slot: Ptr[TValue]) -> Ptr[Buffer]:
    return buf if encode_into(g, buf, slot) else Ptr[Buffer](serialized(g, PUT, addr(buf), slot))


@native
def trace_serialize_get(g: Ptr[VM], buf: Ptr[Buffer], slot: Ptr[TValue]) -> Ptr[u8]:
    """Where the next value begins; this one is in the slot."""
    behind = decode_from(g, buf, slot)
    return behind if addr(behind) != 0 else Ptr[u8](serialized(g, GET, addr(buf), slot))


@native
def trace_serialize_encode(g: Ptr[VM], slot: Ptr[TValue]) -> Ptr[GCstr]:
    s = encoded(g, slot)
    return s if addr(s) != 0 else Ptr[GCstr](serialized(g, ENCODE, u64(0), slot))


@native
def trace_serialize_decode(g: Ptr[VM], slot: Ptr[TValue], s: Ptr[GCstr]) -> i32:
    return i32(1) if decoded(g, slot, s) else i32(serialized(g, DECODE, addr(s), slot))
