"""string.buffer: serialising, and formatting into a buffer.

    encode({1, "x"})     b"\\x0a\\x03" then a double, then b"\\x21x"

The format is LuaJIT's.  A value begins with its tag, a number of one, two or five bytes (`_u124`); a tag from
0x20 on is a string's, and less 0x20 its length.  A table says how many array slots and how many hash entries
follow it, the latter last node first.  Strings that are keys, and metatables, may be given as places in a
dictionary.

Called for what `runtime/serial.py` leaves: dictionaries, tables as keys, light userdata, errors.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from ir.calls import CALL_NUMBERS
from ir.heap import string_bytes
from ir.layout import Ptr
from ir.objects import UDTYPE_BUFFER, Buffer, GCtab, GCudata, TValue
from jitvm.front.errors import LuaError
from jitvm.lib.call_py import Call, Results, Slot, function
from jitvm.lib.format_py import format_pieces
from jitvm.lib.table import opener
from jitvm.runtime.errors import type_name
from jitvm.runtime.value import FALSE, LIGHTUD_BITS, NIL, POINTER, TAB_BITS, TRUE
from jitvm.runtime.values import KIND_STR, KIND_TAB, KIND_UDATA, NUMBER_FROM, kind_of

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

#: Makes an error of a message.
Complaint = Callable[[bytes], LuaError]
T_NIL, T_FALSE, T_TRUE, T_NULL, T_LIGHTUD32, T_LIGHTUD64, T_INT, T_NUM, T_TAB = range(9)
T_METATABLE, T_STRING_INDEX, T_STR = T_TAB + 6, T_TAB + 7, 0x20
PRIMITIVES = {NIL: T_NIL, FALSE: T_FALSE, TRUE: T_TRUE}
KIND_LIGHTUD = 3
#: What LuaJIT makes FFI data of, 64-bit and complex numbers, by tag: how many bytes there must be.
FFI_SIZES = {0x10: 8, 0x11: 8, 0x12: 16}
#: Tables within tables, at most.
DEPTH = 100
#: Entries that a table can have.
MAX_ARRAY, MAX_HASH = 1 << 27, 1 << 26
NAN = 0xFFF8000000000000


def _u124(value: int) -> bytes:
    """A number: one byte below 0xe0, two below 0x1fe0, else five."""
    if value < 0xE0:
        return bytes((value,))
    if value < 0x1FE0:
        return bytes((0xE0 | value - 0xE0 >> 8, value - 0xE0 & 0xFF))
    return b"\xff" + struct.pack("<I", value)


def _words(runtime: Runtime, address: int, count: int) -> tuple[int, ...]:
    """Words of the heap."""
    return struct.unpack(f"<{count}Q", runtime.heap.memory.read(address, 8 * count))


class Dictionaries:
    """What may stand in for strings and metatables: positions by slot, and slots in order."""

    def __init__(self, strings: list[int], metatables: list[int]) -> None:
        self.strings, self.metatables = strings, metatables
        self.string_index = _positions(strings, KIND_STR)
        self.metatable_index = _positions(metatables, KIND_TAB)


def _positions(slots: list[int], kind: int) -> dict[int, int]:
    found: dict[int, int] = {}
    for number, bits in enumerate(slots):
        if kind_of(bits) == kind:
            found.setdefault(bits, number)
    return found


def _listed(runtime: Runtime, t: Ptr) -> list[int]:
    """The array part of a dictionary, from index 1 on."""
    if not t:
        return []
    return list(_words(runtime, t.array.addr, t.asize))[1:]


def _contents(ud: Ptr) -> Ptr:
    """What follows the header."""
    return Ptr(Buffer, ud.addr + GCudata.sizeof())


def _dictionaries(runtime: Runtime, buf: Ptr) -> Dictionaries:
    return Dictionaries(_listed(runtime, buf.strings), _listed(runtime, buf.metatables))


NONE = Dictionaries([], [])


# Encoding.


class Encoder:
    """One value being written."""

    def __init__(self, runtime: Runtime, error: Complaint, dictionaries: Dictionaries) -> None:
        self.runtime, self.error = runtime, error
        self.dictionaries = dictionaries
        self.out: list[bytes] = []
        self.depth = DEPTH

    def put(self, bits: int) -> None:
        kind = kind_of(bits)
        if kind >= NUMBER_FROM:
            self.out.append(struct.pack("<BQ", T_NUM, bits))
        elif kind == KIND_STR:
            text = self.runtime.values.text(bits)
            self.out.append(_u124(T_STR + len(text)) + text)
        elif bits in PRIMITIVES:
            self.out.append(bytes((PRIMITIVES[bits],)))
        elif kind == KIND_TAB:
            self.table(Ptr(GCtab, bits & POINTER))
        elif kind == KIND_LIGHTUD:
            self.pointer(bits & POINTER)
        else:
            raise self.error(b"cannot serialize '" + type_name(bits) + b"'")

    def pointer(self, address: int) -> None:
        if address == 0:
            self.out.append(bytes((T_NULL,)))
        elif address >> 32 == 0:
            self.out.append(struct.pack("<BI", T_LIGHTUD32, address))
        else:
            self.out.append(struct.pack("<BQ", T_LIGHTUD64, address))

    def table(self, t: Ptr) -> None:
        if self.depth <= 0:
            raise self.error(b"too deep to serialize")
        self.depth -= 1
        array = list(_words(self.runtime, t.array.addr, t.asize)) if t.asize else []
        while array and array[-1] == NIL:
            array.pop()
        entries = _entries(self.runtime, t)
        starts_at_1 = bool(array) and array[0] == NIL
        if t.metatable:
            number = self.dictionaries.metatable_index.get(t.metatable.addr | TAB_BITS)
            if number is not None:
                self.out.append(bytes((T_METATABLE,)) + _u124(number))
        tag = T_TAB + bool(entries) + (0 if not array else 4 if starts_at_1 else 2)
        counts = b"".join(_u124(len(part)) for part in (array, entries) if part)
        self.out.append(bytes((tag,)) + counts)
        for bits in array[starts_at_1:]:
            self.put(bits)
        for value, key in entries:
            number = self.dictionaries.string_index.get(key)
            if number is not None:
                self.out.append(bytes((T_STRING_INDEX,)) + _u124(number))
            else:
                self.put(key)
            self.put(value)
        self.depth += 1


def _entries(runtime: Runtime, t: Ptr) -> list[tuple[int, int]]:
    """Values and keys of the hash part, from the last node on."""
    if not t.hmask:
        return []
    words = _words(runtime, t.node.addr, 3 * (t.hmask + 1))
    entries = list(zip(words[0::3], words[1::3], strict=True))
    return [entry for entry in reversed(entries) if entry[0] != NIL]


# Decoding.


class Decoder:
    """Values being read off some bytes."""

    def __init__(self, runtime: Runtime, error: Complaint, data: bytes, dictionaries: Dictionaries) -> None:
        self.runtime, self.error = runtime, error
        self.data = data
        self.at = 0
        self.dictionaries = dictionaries
        self.depth = DEPTH

    def take(self, count: int) -> bytes:
        if count > len(self.data) - self.at:
            raise self.ended()
        self.at += count
        return self.data[self.at - count : self.at]

    def ended(self) -> LuaError:
        return self.error(b"unexpected end of buffer")

    def number(self) -> int:
        first = self.take(1)[0]
        if first < 0xE0:
            return first
        if first != 0xFF:
            return ((first & 0x1F) << 8) + self.take(1)[0] + 0xE0
        return int.from_bytes(self.take(4), "little")

    def get(self) -> int:
        """The slot of the next value."""
        tag = self.number()
        if tag >= T_STR:
            return self.runtime.values.string(self.take(tag - T_STR))
        if tag == T_NUM:
            bits = int.from_bytes(self.take(8), "little")
            return bits if kind_of(bits) >= NUMBER_FROM else NAN
        if tag == T_INT:
            return _number_bits(int.from_bytes(self.take(4), "little", signed=True))
        if tag <= T_TRUE:
            return (NIL, FALSE, TRUE)[tag]
        if tag == T_STRING_INDEX:
            return self.entry(self.dictionaries.strings, KIND_STR)
        if T_TAB <= tag <= T_METATABLE:
            return self.table(tag)
        if tag <= T_LIGHTUD64:
            size = {T_NULL: 0, T_LIGHTUD32: 4, T_LIGHTUD64: 8}[tag]
            return LIGHTUD_BITS | int.from_bytes(self.take(size), "little") & POINTER
        self.take(FFI_SIZES.get(tag, 0))
        raise self.bad_tag(tag)

    def bad_tag(self, tag: int) -> LuaError:
        return self.error(b"cannot deserialize tag 0x%02x" % tag)

    def entry(self, slots: list[int], kind: int) -> int:
        index = self.number()
        if index < len(slots) and kind_of(slots[index]) == kind:
            return slots[index]
        raise self.error(b"cannot deserialize dictionary index %d" % (index + 1))

    def table(self, tag: int) -> int:
        if self.depth <= 0:
            raise self.error(b"too deep to serialize")
        self.depth -= 1
        metatable = 0
        if tag == T_METATABLE:
            metatable = self.entry(self.dictionaries.metatables, KIND_TAB) & POINTER
            tag = self.number()
            if not T_TAB <= tag < T_METATABLE:
                raise self.bad_tag(tag)
        narray = self.number() if tag >= T_TAB + 2 else 0
        nhash = self.number() if tag & 1 else 0
        if narray > MAX_ARRAY or nhash > MAX_HASH:
            raise self.error(b"table overflow")
        left = len(self.data) - self.at  # No element takes less than a byte: what goes on longer is wrong.
        entries = min(nhash, left + 1)
        heap = self.runtime.heap
        t = heap.table(min(narray, left + 2), (entries - 1).bit_length() + (entries == 1) if entries else 0)
        t.metatable = metatable
        handle = heap.hold(t.addr)
        try:
            for index in range(1 if tag >= T_TAB + 4 else 0, narray):
                (t.array + index).bits = self.get()
            for _ in range(nhash):
                self.insert(t)
        finally:
            heap.release(handle)
        self.depth += 1
        return int(t.addr) | TAB_BITS

    def insert(self, t: Ptr) -> None:
        runtime, key = self.runtime, self.get()
        if key == NIL or kind_of(key) >= NUMBER_FROM and struct.pack("<Q", key) == struct.pack("<Q", NAN):
            raise self.error(b"table index is nil" if key == NIL else b"table index is NaN")
        if runtime.key(t, key) != NIL:
            raise self.error(b"duplicate table key")
        runtime.set_key(t, key, self.get())


def _number_bits(value: int) -> int:
    return int.from_bytes(struct.pack("<d", value), "little")


# The library.


@opener
def open_buffer(runtime: Runtime) -> None:
    """The metatable of buffers, which is the table of their methods."""
    methods = runtime.builtins.module("buffer.method")
    runtime.heap.g.buffer_metatable = methods.addr
    runtime.set_field(methods, b"__metatable", runtime.values.string(b"buffer"))
    runtime.set_field(methods, b"__index", methods.addr | TAB_BITS)
    runtime.set_field(methods, b"tostring", runtime.field(methods, b"__tostring"))


def _buffer(call: Call) -> Ptr:
    bits = call.bits(1)
    ud = Ptr(GCudata, bits & POINTER)
    if kind_of(bits) != KIND_UDATA or ud.udtype != UDTYPE_BUFFER:
        raise call.wrong(1, b"buffer")
    return _contents(ud)


def buffer_bytes(runtime: Runtime, bits: int) -> bytes | None:
    """What a buffer holds; None if the value is none."""
    ud = Ptr(GCudata, bits & POINTER)
    if kind_of(bits) != KIND_UDATA or ud.udtype != UDTYPE_BUFFER:
        return None
    buf = _contents(ud)
    start = int(buf.r.addr)
    return runtime.heap.memory.read(start, int(buf.w.addr) - start)


def append(runtime: Runtime, buf: Ptr, data: bytes) -> None:
    """Onto a buffer."""
    heap = runtime.heap
    if data:
        room = heap.call("sbuf_room", heap.g, buf, len(data))
        address = int(room.addr if isinstance(room, Ptr) else room)
        if not address:
            raise LuaError(b"not enough memory")
        heap.memory.write(address, data)
        buf.w = address + len(data)


@function("buffer.method.putf")
def buffer_putf(call: Call) -> Results:
    buf = _buffer(call)
    for piece in format_pieces(call, 2):  # What comes before an error stays.
        append(call.runtime, buf, piece)
    return (Slot(call.bits(1)),)


def _encoded(runtime: Runtime, error: Complaint, dictionaries: Dictionaries, bits: int) -> bytes:
    encoder = Encoder(runtime, error, dictionaries)
    encoder.put(bits)
    return b"".join(encoder.out)


def _taken(runtime: Runtime, error: Complaint, buf: Ptr) -> tuple[int, int]:
    """The first value a buffer holds, and where in it the next one is."""
    start = int(buf.r.addr)
    data = runtime.heap.memory.read(start, int(buf.w.addr) - start)
    decoder = Decoder(runtime, error, data, _dictionaries(runtime, buf))
    return decoder.get(), start + decoder.at


def _decoded(runtime: Runtime, error: Complaint, data: bytes) -> int:
    """The one value that some bytes stand for."""
    decoder = Decoder(runtime, error, data, NONE)
    value = decoder.get()
    if decoder.at != len(data):
        raise error(b"left-over data in buffer")
    return value


@function("buffer.method.encode")
def buffer_method_encode(call: Call) -> Results:
    buf = _buffer(call)
    data = _encoded(call.runtime, call.error, _dictionaries(call.runtime, buf), call.any(2))
    append(call.runtime, buf, data)
    return (Slot(call.bits(1)),)


@function("buffer.method.decode")
def buffer_method_decode(call: Call) -> Results:
    buf = _buffer(call)
    value, buf.r = _taken(call.runtime, call.error, buf)
    return (Slot(value),)


@function("buffer.encode")
def buffer_encode(call: Call) -> Results:
    return (_encoded(call.runtime, call.error, NONE, call.any(1)),)


@function("buffer.decode")
def buffer_decode(call: Call) -> Results:
    if kind_of(call.bits(1)) != KIND_STR:  # A number will not do.
        raise call.wrong(1, b"string")
    return (Slot(_decoded(call.runtime, call.error, call.string(1))),)


# For traces.  What is wrong, the interpreter says: it does the call once more.


def serialize_for_trace(runtime: Runtime, what: int, subject: int, slot: int) -> int:
    """What a call of `ir.calls` returns, which leaves a value it reads in the slot; 0 for an error."""
    try:
        return _SERIALIZERS[what](runtime, subject, Ptr(TValue, slot))
    except LuaError:
        return 0


def _put(runtime: Runtime, subject: int, slot: Ptr) -> int:
    buf = Ptr(Buffer, subject)
    append(runtime, buf, _encoded(runtime, LuaError, _dictionaries(runtime, buf), slot.bits))
    return subject


def _get(runtime: Runtime, subject: int, slot: Ptr) -> int:
    slot.bits, end = _taken(runtime, LuaError, Ptr(Buffer, subject))
    return end


def _encode(runtime: Runtime, subject: int, slot: Ptr) -> int:
    return int(runtime.heap.string(_encoded(runtime, LuaError, NONE, slot.bits)).addr)


def _decode(runtime: Runtime, subject: int, slot: Ptr) -> int:
    slot.bits = _decoded(runtime, LuaError, string_bytes(subject))
    return 1


_SERIALIZERS = {
    CALL_NUMBERS["lj_serialize_put"]: _put,
    CALL_NUMBERS["lj_serialize_get"]: _get,
    CALL_NUMBERS["lj_serialize_encode"]: _encode,
    CALL_NUMBERS["lj_serialize_decode"]: _decode,
}
