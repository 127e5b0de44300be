"""Connects the listings of `-jv` and `-jdump` to a runtime.

    attach_dump(runtime, "tbis,listing.txt")
    attach_verbose(runtime, "")

Without a file, dumps go to standard output, in order with what the program prints, and `-jv` goes to standard
error; "-" is standard output.
"""

from __future__ import annotations

import atexit
import os
import sys
from typing import TYPE_CHECKING, TextIO, cast

from ir.trace import Trace
from ir.values import Ins
from jitvm.front.errors import LuaError
from jitvm.front.proto import Prototype
from jitvm.model.objects import MachineCode, MachineInstruction
from jitvm.tools.dump import Dump, default_color, parse_mode
from jitvm.tools.verbose import Verbose
from jitvm.trace.machine import Machine
from x64.moves import Slot
from x64.regs import Reg

if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime


class ProgramOutput:
    """The program's own standard output, as a text file."""

    def __init__(self, runtime: Runtime) -> None:
        self._out = runtime.out

    def write(self, text: str) -> int:
        self._out.write(text.encode("utf-8", "surrogateescape"))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """In its own time: the order is kept."""


class RuntimeSources:
    """What listings ask of a runtime."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def prototype(self, ident: int) -> Prototype:
        return self._runtime.protos.numbered(ident).proto

    def builtin_name(self, ffid: int) -> str:
        return self._runtime.jit.builtin_name(ffid)

    @property
    def _machine(self) -> Machine:
        machine = self._runtime.jit.code
        assert isinstance(machine, Machine), machine
        return machine

    def machine_code(self, trace: Trace) -> MachineCode | None:
        found = self._machine.listing(trace)
        if found is None:
            return None
        instructions = tuple([MachineInstruction(*row) for row in found.instructions])
        loop = next((at for at, row in enumerate(found.instructions) if row[0] == found.loop), None)
        return MachineCode(found.size, instructions, loop, found.data.hex())

    def register_name(self, trace: Trace, ins: Ins) -> str:
        match self._machine.home(trace, ins):
            case None:
                return ""
            case Slot(index):
                return f"[{8 * index:x}]"
            case Reg() as reg:
                return reg.name.lower()

    def exit_registers(self) -> tuple[list[int], list[float]]:
        state = self._runtime.heap.g.exit_state
        return [state.gpr[n] for n in range(16)], [state.fpr[n] for n in range(16)]


def open_output(runtime: Runtime, name: str, variable: str, default: TextIO | None) -> TextIO:
    """A file by name, by environment variable, or the default (None: the program's output)."""
    name = name or os.environ.get(variable, "")
    if name == "-" or (not name and default is None):
        return cast(TextIO, ProgramOutput(runtime))
    if not name:
        assert default is not None
        return default
    try:
        opened = open(name, "w", encoding="utf-8", errors="surrogateescape")
    except OSError as error:
        raise LuaError(f"{name}: {os.strerror(error.errno or 0)}".encode()) from None
    atexit.register(opened.close)  # A process may end without Python closing its files.
    return opened


def attach_verbose(runtime: Runtime, rest: str) -> None:
    """`-jv=FILE`."""
    out = open_output(runtime, rest, "LUAJIT_VERBOSEFILE", sys.stderr)
    runtime.bus.listen(Verbose(out, RuntimeSources(runtime)))


def attach_dump(runtime: Runtime, rest: str) -> None:
    """`-jdump=MODE,FILE`."""
    letters, _, name = rest.partition(",")
    mode, color = parse_mode(letters)
    out = open_output(runtime, name, "LUAJIT_DUMPFILE", None)
    runtime.bus.listen(Dump(out, RuntimeSources(runtime), mode, color or default_color()))
