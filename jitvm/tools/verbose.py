"""`-jv`: one line per trace, as LuaJIT's v module prints them.

[TRACE   1 demo.lua:3 loop]
[TRACE   2 (1/4) demo.lua:5 -> 1]
[TRACE --- demo.lua:9 -- NYI: bytecode 51 at demo.lua:10]
"""

from __future__ import annotations

from typing import TextIO

from ir.abort import Abort
from ir.record import dataclass
from ir.trace import LinkType, Trace
from jitvm.record.view import View
from jitvm.tools.dump import ProgramNames, Sources, origin
from jitvm.trace.events import Listener, Place


@dataclass(eq=False)
class Verbose(Listener):
    """Writes the lines while the program runs."""

    out: TextIO
    sources: Sources
    start_place: str = ""
    parent: str = ""

    def start(self, view: View, trace: Trace, place: Place) -> None:
        self.start_place = ProgramNames(view, self.sources).place(place)
        shown = origin(trace).strip()
        self.parent = f"({shown}) " if shown else ""

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        head = f"[TRACE {trace.number:>3} {self.parent}{self.start_place}"
        match trace.linktype:
            case LinkType.INTERP:
                tail = " -- fallback to interpreter"
            case LinkType.STITCH:
                tail = f" stitch {ProgramNames(view, self.sources).place(place)}"
            case LinkType.ROOT if trace.link not in (trace.number, 0):
                tail = f" -> {trace.link}"
            case _ if trace.link in (trace.number, 0):
                tail = f" {trace.linktype.value}"
            case _:
                tail = f" -> {trace.link} {trace.linktype.value}"
        self.out.write(f"{head}{tail}]\n")
        self.out.flush()

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        where = ProgramNames(view, self.sources).place(place)
        at = f" at {where}" if where != self.start_place else ""
        self.out.write(f"[TRACE --- {self.parent}{self.start_place} -- {reason}{at}]\n")
        self.out.flush()

    def flush(self) -> None:
        self.out.write("[TRACE flush]\n")
        self.out.flush()
