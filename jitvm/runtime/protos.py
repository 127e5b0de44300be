"""Prototypes in memory: from what the front end made to what the interpreter runs.

    [GCproto][bytecode ...][GC constants, last first][number constants][upvalue descriptors]
                                                    ^ k

What is to be in the heap is packed here and unpacked by native code (`packing.py`, `parcels.py`).
Prototypes stand in a region of their own and never move, so that the hot counter of a bytecode has a fixed
place.  Names, lines and variables stay in Python: `ident` numbers the front end's `Prototype`.

The collector marks prototypes but does not free them.  When as much has been loaded as was there after the
last time (`is_due`), whoever loads the next chunk has a collection made and calls `sweep`: what is not marked
makes room for prototypes of about the same size.

Invariants: constants are in memory before the collector can see the prototype; no collection happens while
one is loaded.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_right, insort

from ir.layout import Ptr, offset_of
from ir.objects import GCT_PROTO, GCproto
from jitvm.front.proto import CDataConst, Prototype, TemplateTable
from jitvm.runtime.heap import Heap
from jitvm.runtime.packing import Parcel, pack_table
from jitvm.runtime.values import Values

PROTO_SIZE = GCproto.sizeof()
_SIZEBC, _K = offset_of(GCproto, "sizebc"), offset_of(GCproto, "k")
#: Fields of a GCproto.
_HEADER = struct.Struct("<4BI2Q2I2BH2iI2Q")
assert _HEADER.size == PROTO_SIZE
#: Bytes of prototypes to load before those that died are looked for, at least.
SWEEP_FROM = 1 << 19
#: Sizes up to this are kept apart; larger ones are rounded up by an eighth at most.
EXACT_SIZE = 512
#: PROTO_* flags that concern the running program.
PROTO_FLAGS = 0x1F


class LoadedProto:
    """A prototype and where it is."""

    __slots__ = ("address", "proto", "size")

    def __init__(self, proto: Prototype, address: int, size: int = 0) -> None:
        """`size`: of its memory; 0 for one of the library, which stays."""
        self.proto = proto
        self.address = address
        self.size = size

    @property
    def bytecode(self) -> int:
        """Address of the function header."""
        return self.address + PROTO_SIZE


class Protos:
    """All prototypes of a runtime, by number and by address."""

    def __init__(self, heap: Heap) -> None:
        self.heap, self.values = heap, Values(heap)
        self.hotcount = 0
        #: Those that the last chunk brought, innermost first.
        self.recent: list[LoadedProto] = []
        self._idents: list[LoadedProto | None] = []
        self._by_address: dict[int, LoadedProto] = {}
        self._addresses: list[int] = []
        self._free_idents: list[int] = []
        self._free: dict[int, list[int]] = {}
        self._grown, self._due = 0, SWEEP_FROM

    @property
    def loaded(self) -> list[LoadedProto]:
        """All there are, in the order of their numbers."""
        return [one for one in self._idents if one is not None]

    def adopt(self, loaded: list[LoadedProto]) -> None:
        """Prototypes that are in the memory already, numbered from 0 on."""
        assert not self._idents, "something has been loaded"
        for ident, one in enumerate(loaded):
            self._idents.append(None)
            self._enter(ident, one)

    def _enter(self, ident: int, one: LoadedProto) -> None:
        self._idents[ident] = self._by_address[one.address] = one
        insort(self._addresses, one.address)

    def load(self, proto: Prototype) -> int:
        """Address of the GCproto of `proto`; its children are loaded first."""
        code = array("I", proto.bytecode)
        if len(code) & 1:
            code.append(0)
        at_k = PROTO_SIZE + 4 * len(code) + 8 * len(proto.kgc)
        at_uv = at_k + 8 * len(proto.knum)
        size = rounded_size(at_uv + 2 * len(proto.upvalues))
        parcel = Parcel(size)
        constants = array("Q", [
            parcel.add(one) << 1 | 1 if type(one) is bytes else self._constant(one) for one in proto.kgc
        ])  # fmt: skip
        constants.reverse()
        ident = self._new_ident()
        header = _HEADER.pack(
            GCT_PROTO, 0, proto.numparams, proto.framesize, len(proto.bytecode), at_k, at_uv,
            len(constants), len(proto.knum), len(proto.upvalues), proto.flags & PROTO_FLAGS, 0,
            proto.firstline, proto.numline, ident, 0, 0,
        )  # fmt: skip
        image = b"".join((header, code, constants, array("d", proto.knum), array("H", proto.upvalues)))
        freed = self._free.get(size)
        place = freed.pop() if freed else 0
        address = self.heap.call_with_bytes("proto_unpack", parcel.behind(image), size, place, self.hotcount)
        assert address, "memory for prototypes is full"
        self._grown += size
        loaded = LoadedProto(proto, address, size)
        self._enter(ident, loaded)
        self.recent.append(loaded)
        return address

    def _new_ident(self) -> int:
        if self._free_idents:
            return self._free_idents.pop()
        self._idents.append(None)
        return len(self._idents) - 1

    def _constant(self, constant: object) -> int:
        match constant:
            case Prototype():
                return self.load(constant)
            case TemplateTable():
                return self._template(constant)
            case CDataConst():
                return 0
            case _:
                raise AssertionError(f"no constant of a prototype: {constant!r}")

    def _template(self, template: TemplateTable) -> int:
        parcel = pack_table(self.values, template.asize, template.hbits, template.array, template.hash)
        return self.heap.call_with_bytes("template_unpack", parcel)

    # Counters.

    def counter(self, pc: int) -> int:
        """Address of the hot counter of the bytecode at `pc`."""
        return int(self.heap.g.hot_base) + (pc >> 1)

    def set_counter(self, pc: int, value: int) -> None:
        self.heap.memory.write(self.counter(pc), struct.pack("<H", value & 0xFFFF))

    def _set_counters(self, bytecode: int, count: int) -> None:
        self.heap.memory.write(self.counter(bytecode), struct.pack("<H", self.hotcount) * count)

    def reset_counters(self, hotcount: int) -> None:
        """Every counter starts anew, and those of later prototypes start there."""
        self.hotcount = hotcount
        for loaded in self.loaded:
            self._set_counters(loaded.bytecode, len(loaded.proto.bytecode))

    # Freeing.

    @property
    def is_due(self) -> bool:
        """Has much been loaded since the last time?"""
        return self._grown >= self._due

    def sweep(self, kept: set[int]) -> list[LoadedProto]:
        """Forgets prototypes that the collection just made has not marked; `kept`: those of traces."""
        if not self._addresses:
            return []
        dead = []
        first, marks = self._marks()
        for ident, one in enumerate(self._idents):
            if one is None or one.size == 0 or one.address in kept:
                continue
            cell = (one.address - first) >> 4
            if marks[cell >> 3] >> (cell & 7) & 1 == 0:
                dead.append(one)
                self._idents[ident] = None
                self._free_idents.append(ident)
                del self._by_address[one.address]
                self._free.setdefault(one.size, []).append(one.address)
        self._addresses = sorted(self._by_address)
        self._grown = 0
        self._due = max(SWEEP_FROM, sum(one.size for one in self.loaded))
        return dead

    def _marks(self) -> tuple[int, bytes]:
        """What the collection has marked, a bit for each 16 bytes, and the address that the first is for."""
        g, memory = self.heap.g, self.heap.memory
        start = (self._addresses[0] - int(g.heap_base)) >> 7
        end = ((self._addresses[-1] - int(g.heap_base)) >> 7) + 1
        return int(g.heap_base) + (start << 7), memory.read(int(g.gc_taken) + start, end - start)

    # Finding.

    def at(self, address: int) -> LoadedProto:
        """The prototype whose GCproto is there."""
        return self._by_address[address]

    def numbered(self, ident: int) -> LoadedProto:
        """The prototype of a number."""
        found = self._idents[ident]
        assert found is not None, f"prototype {ident} is dead"
        return found

    def of_function(self, fn: Ptr) -> LoadedProto:
        """The prototype of a Lua function."""
        return self.at(fn.pc.addr - PROTO_SIZE)

    def of_pc(self, pc: int) -> LoadedProto | None:
        """The prototype whose bytecode `pc` points into (or just behind, as a return address may)."""
        at = bisect_right(self._addresses, pc)
        if at == 0:
            return None
        found = self._by_address[self._addresses[at - 1]]
        return found if pc <= found.bytecode + 4 * len(found.proto.bytecode) else None


def rounded_size(size: int) -> int:
    """Few different sizes, so that freed memory fits again."""
    step = 16 if size <= EXACT_SIZE else 1 << size.bit_length() - 4
    return -(-size // step) * step
