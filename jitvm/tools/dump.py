"""`-jdump`: bytecode, IR, snapshots, machine code and exits of traces, as LuaJIT's dump module prints them.

-jdump=tbis,file     letters: t traces, b bytecode, i IR, s snapshots, r registers, m machine code,
                     x exits, X exits with registers, a aborted traces as well
                     T text, A ANSI colors, H HTML;  "+rs" adds to the default "tbim", "-m" takes away
"""

from __future__ import annotations

import os
from copy import copy
from typing import Protocol, TextIO

from ir.abort import Abort
from ir.record import dataclass, field
from ir.trace import LinkType, Trace
from ir.values import Ins
from jitvm.front.bytecode import BC
from jitvm.front.chunkid import location
from jitvm.front.listing import list_instruction
from jitvm.front.proto import Prototype
from jitvm.record.view import View
from jitvm.tools.format import Color, Names, TraceText, escape_html
from jitvm.trace.events import Listener, Place

DEFAULT_MODE = "tbim"
HEADER_HTML = """\
<style type="text/css">
background { background: #ffffff; color: #000000; }
pre.ljdump {
font-size: 10pt;
background: #f0f4ff;
color: #000000;
border: 1px solid #bfcfff;
padding: 0.5em;
margin-left: 2em;
margin-right: 2em;
}
span.irt_str { color: #00a000; }
span.irt_thr, span.irt_fun { color: #404040; font-weight: bold; }
span.irt_tab { color: #c00000; }
span.irt_udt, span.irt_lud { color: #00c0c0; }
span.irt_num { color: #4040c0; }
span.irt_int, span.irt_i8, span.irt_u8, span.irt_i16, span.irt_u16 { color: #b040b0; }
span.irt_extra { font-style: italic; }
</style>
"""


class Sources(Protocol):
    """Where names and machine code come from."""

    def prototype(self, ident: int) -> Prototype:
        """The front end's description of a function."""

    def builtin_name(self, ffid: int) -> str: ...

    def machine_code(self, trace: Trace) -> tuple[int, str] | None:
        """Size of a trace's machine code, and its disassembly; None if it has none."""

    def register_name(self, trace: Trace, ins: Ins) -> str:
        """Where the value of an instruction was kept."""

    def exit_registers(self) -> tuple[list[int], list[float]]:
        """Registers at the exit being taken."""


@dataclass(slots=True)
class ProgramNames(Names):
    """Names of functions and strings of the running program."""

    view: View
    sources: Sources

    def function(self, fn: int) -> str:
        return self.place(Place(fn, 0))

    def place(self, place: Place) -> str:
        """File and line; position 0 is the definition."""
        view = self.view
        if not view.is_lua(place.fn):
            return self.sources.builtin_name(view.ffid(place.fn))
        proto = self.sources.prototype(view.func_proto(place.fn).ident)
        pos = max(place.pos, 0)
        line = proto.lines[pos] if pos and proto.lines else proto.firstline
        return location(proto.chunkname, line).decode("utf-8", "surrogateescape")

    def string(self, address: int) -> bytes:
        return self.view.string(address)


def parse_mode(letters: str) -> tuple[frozenset[str], Color | None]:
    """The set of letters in force, and the color mode if one is named."""
    color = None
    rest = ""
    for letter in letters:
        if letter in "TAH":
            color = Color(letter)
        else:
            rest += letter
    if not rest:
        return frozenset(DEFAULT_MODE), color
    mode = set(DEFAULT_MODE) if rest[0] in "+-" else set()
    for letter in rest.lstrip("+-") if rest[0] in "+-" else rest:
        if rest[0] == "-":
            mode.discard(letter)
        else:
            mode.add(letter)
    return frozenset(mode), color


def default_color() -> Color:
    """Colors where the terminal has them, as LuaJIT decides."""
    return Color.ANSI if "color" in os.environ.get("TERM", "") or os.environ.get("COLORTERM") else Color.TEXT


@dataclass(eq=False)
class Dump(Listener):
    """Writes listings while the program runs."""

    out: TextIO
    sources: Sources
    mode: frozenset[str]
    color: Color = Color.TEXT
    depth: int = 0
    prefix: str = ""
    _live: dict[int, Prototype] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wants_record = "b" in self.mode
        self.wants_exit = bool(self.mode & frozenset("xX"))
        if self.color is Color.HTML:
            self.out.write(HEADER_HTML)

    @property
    def _lists_traces(self) -> bool:
        return bool(self.mode & frozenset("tbism"))

    def start(self, view: View, trace: Trace, place: Place) -> None:
        if not self._lists_traces:
            return
        if self.color is Color.HTML:
            self.out.write('<pre class="ljdump">\n')
        where = ProgramNames(view, self.sources).place(place)
        self.out.write(f"---- TRACE {trace.number} start{origin(trace)} {where}\n")
        self.out.flush()

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        if not self._lists_traces:
            return
        self._contents(view, trace, registers="r" in self.mode)
        self.out.write(f"---- TRACE {trace.number} stop -> {target(trace)}\n")
        self._end()

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        if not self._lists_traces:
            return
        names = ProgramNames(view, self.sources)
        if "a" in self.mode:
            self._contents(view, trace, registers=False)
        self.out.write(f"---- TRACE {trace.number} abort {names.place(place)} -- {reason}\n")
        self._end()

    def flush(self) -> None:
        if self._lists_traces:
            self.out.write("---- TRACE flush\n\n")
            self.out.flush()

    def _end(self) -> None:
        self.out.write("</pre>\n\n" if self.color is Color.HTML else "\n")
        self.out.flush()

    def _contents(self, view: View, trace: Trace, *, registers: bool) -> None:
        text = TraceText(trace, ProgramNames(view, self.sources), self.color)
        if registers:
            text.registers = lambda ins: self.sources.register_name(trace, ins)
        if "i" in self.mode:
            self.out.write(f"---- TRACE {trace.number} IR\n")
            self.out.writelines(text.lines(snapshots="s" in self.mode))
        elif "s" in self.mode:
            self.out.write(f"---- TRACE {trace.number} snapshots\n")
            self.out.writelines(text.snapshots())
        if "m" in self.mode:
            code = self.sources.machine_code(trace)
            if code is not None:
                self.out.write(f"---- TRACE {trace.number} mcode {code[0]}\n{code[1]}")

    # Bytecode.

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        if not self.wants_record:
            return
        if depth != self.depth:
            self.depth, self.prefix = depth, " ." * depth
        out, pos = self.out, place.pos
        if pos < 0:
            line = f"0000 {self.prefix} FUNCC      \n"
        else:
            line = self._bytecode(view, place.fn, pos)
        if pos <= 0:
            line = f"{line[:-1]}         ; {ProgramNames(view, self.sources).function(place.fn)}\n"
        out.write(line)
        if pos >= 0 and view.ins(view.func_proto(place.fn).bc + 4 * pos) & 0xFF < BC.ISTYPE:
            out.write(self._bytecode(view, place.fn, pos + 1))

    def _bytecode(self, view: View, fn: int, pos: int) -> str:
        """One bytecode as it is now, patched or not."""
        pt = view.func_proto(fn)
        proto = self._live.get(pt.ident)
        if proto is None:
            original = self.sources.prototype(pt.ident)
            proto = self._live[pt.ident] = copy(original)
            proto.bytecode = list(original.bytecode)
        proto.bytecode[pos] = view.ins(pt.bc + 4 * pos)
        line = list_instruction(proto, pos, self.prefix.encode()).decode("utf-8", "surrogateescape")
        return escape_html(line) if self.color is Color.HTML else line

    # Exits.

    def exit(self, trace: Trace, number: int) -> None:
        if not self.mode & frozenset("xX"):
            return
        out = self.out
        out.write(f"---- TRACE {trace.number} exit {number}\n")
        if "X" in self.mode:
            integers, floats = self.sources.exit_registers()
            for first in range(0, len(integers), 4):
                out.write("".join(f" {value:016x}" for value in integers[first : first + 4]) + "\n")
            for first in range(0, len(floats), 4):
                out.write("".join(f" {value:+17.14g}" for value in floats[first : first + 4]) + "\n")


assert [op.name for op in BC][15] == "ISF", "comparisons and tests come first; a jump follows each"


def origin(trace: Trace) -> str:
    """Parent and exit of a side trace, or the trace that a stitched one continues."""
    if trace.parent:
        return f" {trace.parent}/{trace.exitno}"
    return f" {trace.exitno}/stitch" if trace.exitno else ""


def target(trace: Trace) -> str:
    """Where a finished trace goes on."""
    if trace.link in (trace.number, 0):
        return trace.linktype.value
    if trace.linktype is LinkType.ROOT:
        return str(trace.link)
    return f"{trace.link} {trace.linktype.value}"
