"""`-jdump`: bytecode, IR, snapshots, machine code and exits of traces, while the program runs.

-jdump=tbis,file     letters: t traces, b bytecode, i IR, s snapshots, r registers, m machine code,
                     x exits, X exits with registers, a aborted traces as well
                     T text, A ANSI colors, H HTML;  "+rs" adds to the default "tbim", "-m" takes away

What happens is described (`describe.py`) and printed (`jitvm/model/printer.py`) at once; nothing is kept.
"""

from __future__ import annotations

import os
from typing import TextIO

from ir.abort import Abort
from ir.trace import Trace
from jitvm.model import objects as model
from jitvm.model.printer import TRACE_LETTERS, DumpText, bytecode_lines
from jitvm.record.view import View
from jitvm.tools.describe import Describer, Sources
from jitvm.trace.events import Listener, Place

DEFAULT_MODE = "tbim"


def parse_mode(letters: str) -> tuple[frozenset[str], str | None]:
    """The set of letters in force, and the letter of the color mode if one is named."""
    color = None
    rest = ""
    for letter in letters:
        if letter in "TAH":
            color = letter
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


def default_color() -> str:
    """Colors where the terminal has them, as LuaJIT decides."""
    return "A" if "color" in os.environ.get("TERM", "") or os.environ.get("COLORTERM") else "T"


class Dump(Listener):
    """Writes listings while the program runs."""

    def __init__(self, out: TextIO, sources: Sources, mode: frozenset[str], color: str = "T") -> None:
        self.out, self.sources, self.mode = out, sources, mode
        self.text = DumpText(model.Form("dump", "".join(sorted(mode)), color))
        self.wants_record = "b" in mode
        self.wants_exit = bool(mode & frozenset("xX"))
        self._started: model.Trace | None = None
        self._describer: Describer | None = None
        self._last: model.Bytecode | None = None
        out.write(self.text.header())

    @property
    def _lists_traces(self) -> bool:
        return bool(self.mode & TRACE_LETTERS)

    def _describe(self, view: View) -> Describer:
        if self._describer is None:
            self._describer = Describer(view, self.sources)
        return self._describer

    def _write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()

    def start(self, view: View, trace: Trace, place: Place) -> None:
        self._last = None
        if self._lists_traces:
            self._write(self.text.start(self._describe(view).started(trace, place)))

    def stop(self, view: View, trace: Trace, place: Place) -> None:
        if self._lists_traces:
            describer = self._describe(view)
            link = describer.link(trace)
            self._write(self.text.stop(self._contents(describer, trace, "r" in self.mode, link=link)))

    def abort(self, view: View, trace: Trace, place: Place, reason: Abort) -> None:
        if self._lists_traces:
            describer = self._describe(view)
            abort = describer.abort(place, reason)
            self._write(self.text.abort(self._contents(describer, trace, False, abort=abort)))

    def flush(self) -> None:
        self._write(self.text.event(model.Log(), model.Flushed()))

    def _contents(
        self,
        describer: Describer,
        trace: Trace,
        registers: bool,
        link: model.Link | None = None,
        abort: model.Abort | None = None,
    ) -> model.Trace:
        """What the letters ask for."""
        mode = self.mode if link is not None or "a" in self.mode else frozenset[str]()
        return model.Trace(
            trace.number,
            link=link,
            abort=abort,
            ir=describer.instructions(trace, registers=registers) if "i" in mode else None,
            snapshots=describer.snapshots(trace) if "s" in mode else None,
            code=self.sources.machine_code(trace) if "m" in mode else None,
            registers=registers,
        )

    def record(self, view: View, trace: Trace, place: Place, depth: int) -> None:
        codes = self._describe(view).bytecodes(place.fn, place.pos, depth)
        self.out.writelines(bytecode_lines(codes, self._last, html=self.text.is_html))
        self._last = codes[-1]

    def exit(self, trace: Trace, number: int) -> None:
        integers, floats = self.sources.exit_registers() if "X" in self.mode else ([], [])
        shown = tuple([f"{value:+.14g}" for value in floats])
        exited = model.Exited(trace.number, number, tuple(integers), shown)
        self.out.write("".join(self.text.exit_lines(exited)))
