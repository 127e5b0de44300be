"""Machine code of traces: placing it, linking it, taking it away.

    machine.compile(trace, parent)      expand, allocate registers, encode, place, link
    machine.discard()                   all code of all traces is gone

Machine code and exit stubs live in one `Area`, in reach of the VM image.  Each trace has a native `TraceHead`
(`g.traces[number]`) with its entry, the packed recipes of its exits and their countdowns.

A guard jumps to the stub of its exit.  When a side trace is attached to the exit, the guard's own
displacement is patched.  Guards whose values are in other places than the side trace expects go through an
adaptor.
"""

from __future__ import annotations

import ctypes
import os
import struct
import threading
import time
from typing import Protocol

from ir.abort import Abort, TraceError
from ir.expand import Expansion, Parent, expand
from ir.expand.core import FIRST_SLOT
from ir.layout import Ptr, offset_of
from ir.objects import GCproto, TraceHead
from ir.ops import Op
from ir.record import dataclass, field
from ir.trace import Trace
from ir.values import Ins
from x64 import codenames
from x64.area import Area, AreaFull
from x64.disasm import disassemble
from x64.exits import EXIT_ENTRY, GROUP_SIZE, STUB_SIZE, group_size, stub_group
from x64.moves import Place, Slot
from x64.trace import ExitPoint, TraceCode, adaptor, compile_trace
from x64.trail import Trail

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from random import Random

JMP_SIZE = 5


def _dice(number: int) -> Random | None:
    """JITVM_RANDRA=7: any legal register instead of the best, the same ones in every run."""
    wish = os.environ.get("JITVM_RANDRA")
    if not wish:
        return None
    from random import Random

    return Random(f"{wish} {number}")


def _check(expansion: Expansion, trail: Trail) -> None:
    """Replays the allocation, as tests do for every trace."""
    from x64.check import check
    from x64.fuse import Selection

    check(expansion.function, trail, Selection(expansion.function))


@dataclass(slots=True, eq=False)
class Compiled:
    """A trace in memory."""

    trace: Trace
    address: int
    size: int  # With the constants behind the code.
    code: TraceCode
    expansion: Expansion
    sites: dict[int, list[int]]  # Internal exit number -> addresses of displacements of guards.
    head: ctypes.Array[ctypes.c_char]
    recipes: list[ctypes.Array[ctypes.c_char]]
    hotcounts: ctypes.Array[ctypes.c_uint16]
    displacement: int  # Of the jump that can be diverted.
    adaptors: list[tuple[int, int]] = field(default_factory=list)


class Symbols(Protocol):
    """The native functions traces call."""

    def address(self, name: str) -> int: ...
    def name_of(self, address: int) -> str | None: ...


#: Address, text, name of what it jumps to, ref of the IR instruction it was written for if that is known.
Line = tuple[int, str, str | None, int | None]


@dataclass(slots=True)
class Disassembly:
    """The machine code of a trace as listings show it."""

    size: int
    data: bytes
    loop: int  # Address of the loop; 0 if there is none.
    instructions: list[Line]


@dataclass(slots=True)
class Statistics:
    """What compiling cost."""

    traces: int = 0
    instructions: int = 0
    seconds: float = 0.0


class Machine:
    """All compiled traces of one runtime."""

    def __init__(self, traces: Ptr, area: Area, symbols: Symbols) -> None:
        """`traces`: the native array of `TraceHead` pointers."""
        self.traces, self.area = traces, area
        self.resolve, self.name_of = symbols.address, symbols.name_of
        self.hotexit = self.limit = 0  # Until `configure`.
        self.compiled: dict[int, Compiled] = {}
        self.groups: list[int] = []
        self.used = 0
        self.statistics = Statistics()
        self.diverted = False
        self._lock = threading.Lock()  # Of `compiled` and `diverted`: `divert` comes from another thread.

    def configure(self, hotexit: int, limit: int) -> None:
        """After how many times an exit is hot; bytes of machine code at which the area counts as full."""
        self.hotexit, self.limit = hotexit, limit

    # Compiling.

    def compile(self, trace: Trace, parent: Trace | None) -> tuple[int, int]:
        """Machine code for a trace, linked to its parent's exit: its address and size.

        Raises `Abort` if there cannot be any."""
        started = time.thread_time()
        above = self.compiled[parent.number] if parent is not None else None
        point = self._exit_point(above, trace.exitno) if above is not None else None
        rests_on = self._parent(trace, above, point)
        expansion = expand(trace, self._link_name, rests_on)
        places = self._places(expansion, rests_on, point)
        checked = os.environ.get("JITVM_CHECK") == "1"
        trail = Trail() if checked or trace.copies is not None else None
        code = compile_trace(expansion, len(trace.snaps), places, trail, _dice(trace.number))
        if checked and trail is not None:
            _check(expansion, trail)
        made = self._place(trace, code, expansion)
        with self._lock:
            self.compiled[trace.number] = made
            if self.diverted:
                self._point(made)
        self.traces[trace.number] = Ptr(TraceHead, ctypes.addressof(made.head))
        if above is not None and point is not None:
            self._attach(above, trace.exitno, point, made.address)
        codenames.note([(made.address, made.size, f"TRACE_{trace.number}")])
        self.statistics.traces += 1
        self.statistics.instructions += len(trace.ins)
        self.statistics.seconds += time.thread_time() - started
        return made.address, code.code_size

    def _link_name(self, number: int) -> str:
        return f"trace:{number}"

    def _exit_point(self, above: Compiled, exitno: int) -> ExitPoint:
        """The exit whose places a side trace inherits: any of those of the snapshot."""
        for number in sorted(above.code.exits):
            point = above.code.exits[number]
            if point.exit.snapshot == exitno and point.exit.is_counted:
                return point
        raise Abort(TraceError.NYIIR, int(Op.PVAL))

    def _parent(self, trace: Trace, above: Compiled | None, point: ExitPoint | None) -> Parent:
        """What the trace finds when it is entered."""
        if above is None or point is None:
            return Parent(room=Ptr(GCproto, trace.startpt).framesize)
        slots = {slot.slot + FIRST_SLOT: slot.value for slot in point.exit.slots if slot.value is not None}
        return Parent(slots, point.exit.origins, point.exit.room)

    def _places(self, expansion: Expansion, parent: Parent, point: ExitPoint | None) -> list[Place]:
        """Where the parent left what the trace inherits."""
        if point is None:
            assert not expansion.inherited, expansion.inherited
            return []
        where = dict(zip(point.exit.alive(), point.places, strict=True))
        values = [parent.inherited(ins) for ins in expansion.inherited]
        return [where[value] for value in values if value is not None]

    # Placing.

    def _place(self, trace: Trace, code: TraceCode, expansion: Expansion) -> Compiled:
        size = len(code.data)
        if self.used + size > self.limit:
            raise Abort(TraceError.MCODEAL)
        try:
            address = self.area.allocate(size, code.diversion.site if code.diversion is not None else 0)
            self._stubs(max(code.exits, default=0))
        except AreaFull:
            raise Abort(TraceError.MCODEAL) from None
        self.used += size
        sites: dict[int, list[int]] = {}
        data = bytearray(code.data)
        for reloc in code.relocs:
            site = address + reloc.offset
            target = self._target(reloc.symbol, trace.number, address)
            data[reloc.offset : reloc.offset + 4] = (target - site - 4).to_bytes(4, "little", signed=True)
            if reloc.symbol.startswith("exit:"):
                sites.setdefault(int(reloc.symbol[5:]), []).append(site)
        self.area.write(address, bytes(data))
        return self._head(trace, address, code, expansion, sites, displacement_in(data, code))

    def _target(self, symbol: str, number: int, address: int) -> int:
        kind, _, rest = symbol.partition(":")
        if kind == "exit":
            return self.stub(int(rest))
        if kind == "trace":
            linked = int(rest)
            return address if linked == number else self.compiled[linked].address
        return self.resolve(symbol)

    def _head(
        self,
        trace: Trace,
        address: int,
        code: TraceCode,
        expansion: Expansion,
        sites: dict[int, list[int]],
        displacement: int,
    ) -> Compiled:
        count = max(code.exits, default=-1) + 1
        packed = {number: point.recipe for number, point in code.exits.items()}
        recipes = [buffer(packed.get(number, b"")) for number in range(count)]
        table = buffer(struct.pack(f"<{count}Q", *map(ctypes.addressof, recipes)))
        left = max(self.hotexit - 1, 0)
        hotcounts = (ctypes.c_uint16 * max(len(trace.snaps), 1))(*[left] * len(trace.snaps))
        head = ctypes.create_string_buffer(TraceHead.sizeof())
        for name, form, value in (
            ("number", "<I", trace.number),
            ("exits", "<I", count),
            ("mcode", "<Q", address),
            ("recipes", "<Q", ctypes.addressof(table)),
            ("hotcounts", "<Q", ctypes.addressof(hotcounts)),
            ("startpc", "<Q", trace.startpc),
            ("startins", "<I", trace.startins),
            ("szmcode", "<I", code.code_size),
            ("serial", "<Q", trace.serial),
        ):
            struct.pack_into(form, head, offset_of(TraceHead, name), value)
        kept = [table, *recipes]
        return Compiled(
            trace, address, len(code.data), code, expansion, sites, head, kept, hotcounts, displacement
        )

    # Listings.

    def listing(self, trace: Trace) -> Disassembly | None:
        """The code of a trace; None if it has none."""
        made = self.compiled.get(trace.number)
        if made is None or made.trace is not trace:
            return None
        size = made.code.code_size
        data = self.area.read(made.address, size)
        loop = made.address + made.code.loop_offset if made.code.loop_offset else 0
        lines: list[Line] = []
        refs = {
            made.address + offset: origin.ref
            for offset, ins in made.code.origins.items()
            if (origin := made.expansion.origins.get(ins)) is not None
        }
        for address, text in disassemble(data, made.address, lambda target: self._symbol(made, target)):
            text, _, symbol = text.partition("\t->")
            lines.append((address, text, symbol or None, refs.get(address)))
        return Disassembly(size, data, loop, lines)

    def _symbol(self, made: Compiled, target: int) -> str | None:
        """What a jump or call in a trace goes to."""
        if made.code.loop_offset and target == made.address + made.code.loop_offset:
            return "->LOOP"
        for number, group in enumerate(self.groups):
            index, rest = divmod(target - group, STUB_SIZE)
            if rest == 0 and 0 <= index < GROUP_SIZE:
                point = made.code.exits.get(number * GROUP_SIZE + index)
                return f"->{point.exit.snapshot}" if point is not None else None
        for other in self.compiled.values():
            if target == other.address:
                return f"->TRACE {other.trace.number}"
        name = self.name_of(target)
        return f"->{name}" if name else None

    def home(self, trace: Trace, ins: Ins) -> Place | None:
        """Where the value of an instruction was kept: its register, or its spill slot."""
        made = self.compiled.get(trace.number)
        if made is None:
            return None
        value = made.expansion.values.get(ins)
        if value is None:
            return None
        if value in made.code.homes:
            return made.code.homes[value]
        return Slot(made.code.slots[value]) if value in made.code.slots else None

    # Exits.

    def stub(self, number: int) -> int:
        """Address of an exit stub."""
        return self.groups[number // GROUP_SIZE] + number % GROUP_SIZE * STUB_SIZE

    def _stubs(self, highest: int) -> None:
        while len(self.groups) * GROUP_SIZE <= highest:
            first = len(self.groups) * GROUP_SIZE
            address = self.area.allocate(group_size())
            self.area.write(address, stub_group(first, address, self.resolve(EXIT_ENTRY)))
            self.groups.append(address)

    def _attach(self, above: Compiled, exitno: int, inherited: ExitPoint, target: int) -> None:
        """Every guard of the exit goes to the side trace at `target` now."""
        for number, point in above.code.exits.items():
            if point.exit.snapshot != exitno or not point.exit.is_counted:
                continue
            if len(point.places) != len(inherited.places):
                continue  # Something is constant at one of them: this guard goes on to leave the traces.
            entry = target
            if point.places != inherited.places:
                entry = self._adaptor(above, point, inherited, target)
            for site in above.sites.get(number, ()):
                self.area.write_rel32(site, entry)

    def _adaptor(self, above: Compiled, point: ExitPoint, wanted: ExitPoint, target: int) -> int:
        moves = adaptor(point, wanted)
        size = len(moves) + JMP_SIZE
        address = self.area.allocate(size)
        above.adaptors.append((address, size))
        distance = target - (address + size)
        self.area.write(address, moves + b"\xe9" + distance.to_bytes(4, "little", signed=True))
        return address

    def set_exit_counter(self, number: int, exitno: int, value: int) -> None:
        """The exit is hot again when it is taken for the time after `value - 1` more."""
        self.compiled[number].hotcounts[exitno] = value - 1

    # Interrupts.

    def divert(self) -> None:
        """Have every trace that may go round for ever leave soon.  Callable from any thread."""
        with self._lock:
            self.diverted = True
            for made in self.compiled.values():
                self._point(made)

    def undivert(self) -> None:
        """Let them run as compiled."""
        with self._lock:
            self.diverted = False
            for made in self.compiled.values():
                self._point(made)

    def _point(self, made: Compiled) -> None:
        diversion = made.code.diversion
        if diversion is not None:
            displacement = diversion.displacement if self.diverted else made.displacement
            self.area.patch(made.address + diversion.site, diversion.size, displacement)

    # Taking away.

    def discard(self) -> None:
        """Free the code of all traces.  No trace may be running."""
        with self._lock:
            self._discard()

    def _discard(self) -> None:
        for made in self.compiled.values():
            self.area.free(made.address, made.size)
            for address, size in made.adaptors:
                self.area.free(address, size)
            self.traces[made.trace.number] = Ptr(TraceHead, 0)
        self.compiled.clear()
        self.used = 0


def buffer(data: bytes) -> ctypes.Array[ctypes.c_char]:
    """Bytes at a fixed address, which live as long as the object."""
    return ctypes.create_string_buffer(data, max(len(data), 8))


def displacement_in(data: bytearray, code: TraceCode) -> int:
    """The displacement of the jump that can be diverted, as linked."""
    if code.diversion is None:
        return 0
    site, size = code.diversion.site, code.diversion.size
    return int.from_bytes(data[site : site + size], "little", signed=True)


def trace_table(address: int) -> Ptr:
    """The native array of trace heads at an address."""
    return Ptr(Ptr(TraceHead), address)


