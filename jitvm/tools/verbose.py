"""`-jv`: one line per trace, as LuaJIT's v module prints them.

[TRACE   1 demo.lua:3 loop]
[TRACE   2 (1/4) demo.lua:5 -> 1]
[TRACE --- demo.lua:9 -- NYI: bytecode 51 at demo.lua:10]
"""

from __future__ import annotations

from dataclasses import replace
from typing import TextIO

from ir.abort import Abort
from ir.trace import Trace
from jitvm.model import objects as model
from jitvm.model.printer import verbose_abort, verbose_stop
from jitvm.record.view import View
from jitvm.tools.describe import Describer, Sources
from jitvm.trace.events import Listener, Place


class Verbose(Listener):
    """Writes the lines while the program runs."""

    def __init__(self, out: TextIO, sources: Sources) -> None:
        self.out, self.sources = out, sources
        self.started = model.Trace(None)

    def start(self, view: View, trace: Trace, place: Place) -> None:
        self.started = Describer(view, self.sources).started(trace, place)

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        describer = Describer(view, self.sources)
        link, end = describer.link(trace), describer.place(place)
        self._write(verbose_stop(replace(self.started, number=trace.number, link=link, end=end)))

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        describer = Describer(view, self.sources)
        self._write(verbose_abort(replace(self.started, abort=describer.abort(place, reason))))

    def flush(self) -> None:
        self._write("[TRACE flush]\n")

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()
