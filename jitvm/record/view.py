"""What the recorder sees of the running program: stack slots, frames, functions, tables.

The recorder looks at a heap that native code owns.  All of its reads go through this module, as plain
integers: a slot is its 64 bits, an object is its address.

    view.enter(state)                    before each bytecode: reads base and top
    value = view.slot(2)                 64 bits of a stack slot
    irt_of(value)                        IRType.NUM
    view.table_get(table, key)           address of the value's slot, or of the shared nil

Invariants: nothing here writes to the heap, except `write_*`, used for patching bytecode and to keep the
stack as LuaJIT's recorder expects it.  Field offsets come from `ir.objects`.
Not here: any decision about what to record.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Protocol

from ir.expand.boxing import KEYINDEX_HI
from ir.layout import ACCESS, offset_of
from ir.objects import (
    GCT_PROTO,
    VM,
    Buffer,
    Frame,
    GCfunc,
    GCproto,
    GCstr,
    GCtab,
    GCudata,
    GCupval,
    Node,
    State,
)
from ir.record import dataclass
from ir.types import IRTYPES, TAG_SHIFT, IRType

MASK64 = (1 << 64) - 1
POINTER = (1 << TAG_SHIFT) - 1
TAGS = 0x1FFFF
NIL = MASK64
TRUE_BITS = (TAGS ^ IRType.TRUE) << TAG_SHIFT | POINTER
FALSE_BITS = (TAGS ^ IRType.FALSE) << TAG_SHIFT | POINTER
NUM = IRType.NUM

_FLOAT, _BITS = struct.Struct("<d"), struct.Struct("<Q")


# Values: a slot's 64 bits.


def irt_of(value: int) -> IRType:
    """The IR type of a slot's value; every number is NUM."""
    tag = TAGS ^ (value >> TAG_SHIFT)
    return IRTYPES[tag] if tag <= IRType.UDATA else NUM


def is_number(value: int) -> bool:
    return TAGS ^ (value >> TAG_SHIFT) > IRType.UDATA


def number_of(value: int) -> float:
    result: float = _FLOAT.unpack(_BITS.pack(value))[0]
    return result


def bits_of(number: float) -> int:
    result: int = _BITS.unpack(_FLOAT.pack(number))[0]
    return result


def pointer_of(value: int) -> int:
    return value & POINTER


def is_truthy(value: int) -> bool:
    return value != NIL and value >> TAG_SHIFT != TAGS ^ IRType.FALSE


def boxed(irt: IRType, pointer: int) -> int:
    """The slot that holds an object."""
    return (TAGS ^ irt) << TAG_SHIFT | pointer


def num2int(number: float) -> int:
    """Truncation to 32 bits; out of range gives -2^31, as CVTTSD2SI does."""
    if -2147483649.0 < number < 2147483648.0:
        return int(number)
    return -0x80000000


def raw_equal(a: int, b: int) -> bool:
    """Equality without metamethods: numbers by value, all else by identity."""
    if is_number(a) and is_number(b):
        return number_of(a) == number_of(b)
    return a == b


def hash_words(low: int, high: int) -> int:
    """LuaJIT's scrambling of two 32-bit words, which the tables use for numbers and pointers."""
    low ^= high
    high = (high << 14 | high >> 18) & 0xFFFFFFFF
    low = low - high & 0xFFFFFFFF
    high = (high << 5 | high >> 27) & 0xFFFFFFFF
    high ^= low
    low = (low << 13 | low >> 19) & 0xFFFFFFFF
    return high - low & 0xFFFFFFFF


# Memory.


class Reader(Protocol):
    """Loads and stores of every width."""

    def u8(self, address: int) -> int: ...
    def u16(self, address: int) -> int: ...
    def u32(self, address: int) -> int: ...
    def u64(self, address: int) -> int: ...
    def data(self, address: int, size: int) -> bytes: ...
    def set_u8(self, address: int, value: int) -> None: ...
    def set_u16(self, address: int, value: int) -> None: ...
    def set_u32(self, address: int, value: int) -> None: ...
    def set_u64(self, address: int, value: int) -> None: ...


class ImageReader:
    """Reads whatever `Ptr` reads: a simulated heap image, in tests."""

    def u8(self, address: int) -> int:
        return int.from_bytes(ACCESS.memory.read(address, 1), "little")

    def u16(self, address: int) -> int:
        return int.from_bytes(ACCESS.memory.read(address, 2), "little")

    def u32(self, address: int) -> int:
        return int.from_bytes(ACCESS.memory.read(address, 4), "little")

    def u64(self, address: int) -> int:
        return int.from_bytes(ACCESS.memory.read(address, 8), "little")

    def data(self, address: int, size: int) -> bytes:
        return ACCESS.memory.read(address, size)

    def set_u8(self, address: int, value: int) -> None:
        ACCESS.memory.write(address, value.to_bytes(1, "little"))

    def set_u16(self, address: int, value: int) -> None:
        ACCESS.memory.write(address, value.to_bytes(2, "little"))

    def set_u32(self, address: int, value: int) -> None:
        ACCESS.memory.write(address, value.to_bytes(4, "little"))

    def set_u64(self, address: int, value: int) -> None:
        ACCESS.memory.write(address, value.to_bytes(8, "little"))


class ProcessReader:
    """Reads the process's own memory: one indexed load through cffi, about 60 ns.

    The pointers start one element above zero, because cffi refuses to index a null pointer.
    """

    def __init__(self) -> None:
        # Here, for a program without hot loops does not pay the millisecond.
        import _cffi_backend as backend  # type: ignore[import-untyped]

        self._backend = backend

        def pointer(name: str, size: int) -> Any:
            return backend.cast(backend.new_pointer_type(backend.new_primitive_type(name)), size)

        self._u8: Any = pointer("uint8_t", 1)
        self._u16: Any = pointer("uint16_t", 2)
        self._u32: Any = pointer("uint32_t", 4)
        self._u64: Any = pointer("uint64_t", 8)

    def u8(self, address: int) -> int:
        value: int = self._u8[address - 1]
        return value

    def u16(self, address: int) -> int:
        value: int = self._u16[(address >> 1) - 1]
        return value

    def u32(self, address: int) -> int:
        value: int = self._u32[(address >> 2) - 1]
        return value

    def u64(self, address: int) -> int:
        value: int = self._u64[(address >> 3) - 1]
        return value

    def data(self, address: int, size: int) -> bytes:
        return bytes(self._backend.buffer(self._u8 + (address - 1), size))

    def set_u8(self, address: int, value: int) -> None:
        self._u8[address - 1] = value

    def set_u16(self, address: int, value: int) -> None:
        self._u16[(address >> 1) - 1] = value

    def set_u32(self, address: int, value: int) -> None:
        self._u32[(address >> 2) - 1] = value

    def set_u64(self, address: int, value: int) -> None:
        self._u64[(address >> 3) - 1] = value


# Offsets used below.
_L_BASE, _L_TOP = offset_of(State, "base"), offset_of(State, "top")
_L_STACK, _L_MAXSTACK = offset_of(State, "stack"), offset_of(State, "maxstack")
_L_OPENUPVAL = offset_of(State, "openupval")
_FN_FFID, _FN_ENV, _FN_PC, _FN_UV = (offset_of(GCfunc, name) for name in ("ffid", "env", "pc", "uv"))
_PT_SIZE = GCproto.sizeof()
_STR_LEN, _STR_DATA, _STR_ID = offset_of(GCstr, "len"), GCstr.sizeof(), offset_of(GCstr, "sid")
_TAB = {name: offset_of(GCtab, name) for name in ("asize", "array", "node", "hmask", "metatable")}
_T_ASIZE, _T_ARRAY, _T_NODE, _T_HMASK, _T_META = _TAB.values()
_UD_TYPE, _UD_SIZE = offset_of(GCudata, "udtype"), GCudata.sizeof()
_SB_W, _SB_L, _SB_R = (offset_of(Buffer, name) for name in "wlr")
_N_KEY, _N_NEXT, _N_SIZE = offset_of(Node, "key"), offset_of(Node, "next"), Node.sizeof()
_UV = {name: offset_of(GCupval, name) for name in ("closed", "immutable", "dhash", "v", "next")}
_VM_NILTV, _VM_BASEMT = offset_of(VM, "niltv"), offset_of(VM, "basemt")
_VM_STREMPTY = offset_of(VM, "stremptyz")
_VM_MULTRES = offset_of(VM, "multres")
_VM_TMPBUF = offset_of(VM, "tmpbuf")
_VM_MMNAMES = offset_of(VM, "mmnames")


@dataclass(slots=True, frozen=True)
class ProtoView:
    """The parts of a prototype that recording needs.  `flags` are read afresh, for they change."""

    address: int
    bc: int  # Address of the first bytecode, the function header.
    sizebc: int
    k: int
    numparams: int
    framesize: int
    sizekgc: int
    ident: int
    upvalues: tuple[int, ...]


class View:
    """One thread of the running program, as of the last `enter`."""

    __slots__ = ("_protos", "base", "g", "read", "state", "top")

    def __init__(self, reader: Reader, g: int) -> None:
        self.read, self.g = reader, g
        self.state = self.base = self.top = 0
        self._protos: dict[int, ProtoView] = {}

    def enter(self, state: int) -> None:
        self.state = state
        self.base = self.read.u64(state + _L_BASE)
        self.top = self.read.u64(state + _L_TOP)

    def forget(self) -> None:
        """Prototypes may have been collected since the last recording."""
        self._protos.clear()

    # Stack and frames.  A frame is the address of its link, base - 8; its function is in the slot below.

    def slot(self, index: int) -> int:
        return self.read.u64(self.base + 8 * index)

    def set_slot(self, index: int, value: int) -> None:
        self.read.set_u64(self.base + 8 * index, value)

    def slots(self, index: int, count: int) -> list[int]:
        return [self.read.u64(self.base + 8 * (index + i)) for i in range(count)]

    def link(self, frame: int) -> int:
        return self.read.u64(frame)

    def frame_func(self, frame: int) -> int:
        return self.read.u64(frame - 8) & POINTER

    def frame_prev(self, frame: int) -> int:
        """The frame below."""
        link = self.read.u64(frame)
        if link & 3 == Frame.LUA:
            return frame - 8 * (2 + (self.read.u32(link - 4) >> 8 & 0xFF))
        return frame - (link & ~7)

    def on_stack(self, address: int) -> bool:
        u64 = self.read.u64
        return u64(self.state + _L_STACK) <= address < u64(self.state + _L_MAXSTACK)

    def open_upvalue_slots(self) -> list[int]:
        """Slots from base upwards that open upvalues point to."""
        found = []
        upvalue = self.read.u64(self.state + _L_OPENUPVAL)
        while upvalue:
            target = self.read.u64(upvalue + _UV["v"])
            if target < self.base:
                break
            found.append((target - self.base) >> 3)
            upvalue = self.read.u64(upvalue + _UV["next"])
        return found

    def multres(self) -> int:
        """Open results of the last call or vararg, plus one."""
        return self.read.u64(self.g + _VM_MULTRES)

    # Functions, prototypes, bytecode.

    def ins(self, pc: int) -> int:
        return self.read.u32(pc)

    def is_lua(self, fn: int) -> bool:
        return self.read.u8(fn + _FN_FFID) == 0

    def ffid(self, fn: int) -> int:
        return self.read.u8(fn + _FN_FFID)

    def func_pc(self, fn: int) -> int:
        return self.read.u64(fn + _FN_PC)

    def func_env(self, fn: int) -> int:
        return self.read.u64(fn + _FN_ENV)

    def func_proto(self, fn: int) -> ProtoView:
        return self.proto(self.read.u64(fn + _FN_PC) - _PT_SIZE)

    def proto(self, address: int) -> ProtoView:
        found = self._protos.get(address)
        if found is None:
            found = self._protos[address] = self._read_proto(address)
        return found

    def _read_proto(self, address: int) -> ProtoView:
        read = self.read

        def at(name: str) -> int:
            return address + offset_of(GCproto, name)

        uv = read.u64(at("uv"))
        upvalues = tuple(read.u16(uv + 2 * i) for i in range(read.u8(at("sizeuv"))))
        return ProtoView(
            address=address, bc=address + _PT_SIZE, sizebc=read.u32(at("sizebc")), k=read.u64(at("k")),
            numparams=read.u8(at("numparams")), framesize=read.u8(at("framesize")),
            sizekgc=read.u32(at("sizekgc")), ident=read.u32(at("ident")), upvalues=upvalues,
        )  # fmt: skip

    def proto_flags(self, address: int) -> int:
        return self.read.u8(address + offset_of(GCproto, "protoflags"))

    def set_proto_flags(self, address: int, flags: int) -> None:
        self.read.set_u8(address + offset_of(GCproto, "protoflags"), flags)

    def kgc(self, pt: ProtoView, index: int) -> int:
        """Address of a collectable constant."""
        return self.read.u64(pt.k - 8 * (index + 1))

    def knum(self, pt: ProtoView, index: int) -> int:
        """Bits of a number constant."""
        return self.read.u64(pt.k + 8 * index)

    def child_protos(self, pt: ProtoView) -> list[ProtoView]:
        objects = [self.kgc(pt, i) for i in range(pt.sizekgc)]
        return [self.proto(obj) for obj in objects if obj and self.read.u8(obj) == GCT_PROTO]

    # Upvalues.

    def upvalue(self, fn: int, index: int) -> int:
        return self.read.u64(fn + _FN_UV + 8 * index)

    def upvalue_target(self, upvalue: int) -> int:
        """Address of the slot that holds the value."""
        return self.read.u64(upvalue + _UV["v"])

    def upvalue_closed(self, upvalue: int) -> bool:
        return self.read.u8(upvalue + _UV["closed"]) != 0

    def upvalue_immutable(self, upvalue: int) -> bool:
        return self.read.u8(upvalue + _UV["immutable"]) != 0

    def upvalue_dhash(self, upvalue: int) -> int:
        return self.read.u32(upvalue + _UV["dhash"])

    def builtin_upvalue(self, fn: int, index: int) -> int:
        """Bits of an upvalue of a builtin."""
        return self.read.u64(fn + _FN_UV + 8 * index)

    # Strings.

    def string(self, s: int) -> bytes:
        return self.read.data(s + _STR_DATA, self.read.u32(s + _STR_LEN))

    def string_len(self, s: int) -> int:
        return self.read.u32(s + _STR_LEN)

    def empty_string(self) -> int:
        return self.read.u64(self.g + _VM_STREMPTY)

    def metamethod_name(self, number: int) -> int:
        return self.read.u64(self.g + _VM_MMNAMES + 8 * number)

    # Tables.

    def asize(self, table: int) -> int:
        return self.read.u32(table + _T_ASIZE)

    def hmask(self, table: int) -> int:
        return self.read.u32(table + _T_HMASK)

    def node(self, table: int) -> int:
        return self.read.u64(table + _T_NODE)

    def metatable(self, table: int) -> int:
        return self.read.u64(table + _T_META)

    def udata_type(self, udata: int) -> int:
        """What the library keeps in a userdata; 0 is a plain one."""
        return self.read.u8(udata + _UD_TYPE)

    def buffer_flags(self, udata: int) -> int:
        return self.read.u64(udata + _UD_SIZE + _SB_L)

    def buffer_start(self, udata: int) -> bytes:
        """The first byte of what a buffer holds."""
        start, end = (self.read.u64(udata + _UD_SIZE + offset) for offset in (_SB_R, _SB_W))
        return self.read.data(start, 1) if start < end else b""

    def base_metatable_number(self, irt: IRType) -> int:
        """Which of the metatables of basic types; numbers have theirs behind the types with tags."""
        return 13 if irt is NUM else int(irt)

    def base_metatable(self, number: int) -> int:
        return self.read.u64(self.g + _VM_BASEMT + 8 * number)

    def nil_slot(self) -> int:
        """Address of the shared nil that lookups of absent keys yield."""
        return self.g + _VM_NILTV

    def array_slot(self, table: int, index: int) -> int:
        return self.read.u64(table + _T_ARRAY) + 8 * index

    def table_get(self, table: int, key: int) -> int:
        """Address of the value of a key, or of the shared nil."""
        if is_number(key):
            number = number_of(key)
            index = num2int(number)
            if index == number and 0 <= index < self.asize(table):
                return self.array_slot(table, index)
            return self._find_number(table, number)
        if irt_of(key) is IRType.STR:
            return self._find_string(table, key)
        return self._find_any(table, key)

    def _find_string(self, table: int, key: int) -> int:
        read = self.read
        slot = read.u32((key & POINTER) + _STR_ID) & read.u32(table + _T_HMASK)
        node = read.u64(table + _T_NODE) + slot * _N_SIZE
        while node:
            if read.u64(node + _N_KEY) == key:
                return node
            node = read.u64(node + _N_NEXT)
        return self.nil_slot()

    def _find_number(self, table: int, number: float) -> int:
        bits = bits_of(number + 0.0)  # -0 is stored as 0.
        start = hash_words(bits & 0xFFFFFFFF, bits >> 31 & 0xFFFFFFFE)
        for node in self._chain(table, start):
            found = self.read.u64(node + _N_KEY)
            if is_number(found) and number_of(found) == number:
                return node
        return self.nil_slot()

    def _find_any(self, table: int, key: int) -> int:
        if key in (TRUE_BITS, FALSE_BITS):
            start = int(key == TRUE_BITS)
        else:
            start = hash_words(key & 0xFFFFFFFF, key >> 32)
        for node in self._chain(table, start):
            if self.read.u64(node + _N_KEY) == key:
                return node
        return self.nil_slot()

    def _chain(self, table: int, start: int) -> Iterator[int]:
        node = self.node(table) + (start & self.hmask(table)) * _N_SIZE
        while node:
            yield node
            node = self.read.u64(node + _N_NEXT)

    def nodes(self, table: int) -> range:
        """Addresses of all nodes of the hash part."""
        start = self.node(table)
        return range(start, start + (self.hmask(table) + 1) * _N_SIZE, _N_SIZE)

    def key_index(self, table: int, key: int) -> int:
        """Position of a key in the order of traversal, plus one: where `next` goes on.

        The control variable of a loop that lost its specialisation meanwhile holds that itself."""
        if key >> 32 == KEYINDEX_HI:
            return key & 0xFFFFFFFF
        address = self.table_get(table, key)
        first = self.read.u64(table + _T_ARRAY)
        asize = self.asize(table)
        if first <= address < first + 8 * asize:
            return ((address - first) >> 3) + 1
        return (address - self.node(table)) // _N_SIZE + asize + 1

    def buffer(self) -> int:
        """Address of the shared string buffer's header."""
        return self.g + _VM_TMPBUF

    def node_key(self, node: int) -> int:
        return self.read.u64(node + _N_KEY)

    def value_at(self, address: int) -> int:
        return self.read.u64(address)


NODE_SIZE = _N_SIZE
assert _N_KEY == 8, "a node starts with its value"
