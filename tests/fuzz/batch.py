"""Many random programs in one process: a start costs more than a program does.

    >>> Batch(folder, [generate(1), generate(2)]).run(engine).said
    {'p1': '...', 'p2': '...'}

A driver in Lua runs one program after the other, each in an environment of its own, and prints a mark
before and behind it.  Traces, hot counters and garbage of the programs add up, which is a test of its own:
what fails only so is made small as a list of programs (`run.py`).  If the process dies or hangs, the program
it was in has an unfinished text, and the ones behind it run in a new process.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import corpus, oracle, process
from tests.support.modes import INTERP, Mode
from tests.support.programs import Program
from tests.support.programs.prelude import HELPERS

Engine = Callable[[Sequence[str]], process.Result]
DRIVER = "batch.lua"
#: Seconds for a process, and for each of its programs on top.
BASE_LIMIT, LIMIT_EACH = 20.0, 2.0

#: What a program says that decides nothing.
OVERFLOW = "stack overflow"
#: How often luajit is asked.
ASKED = 3
#: However much is compiled, the last program is treated like the first.
IMPATIENT = ("-Opatience=0",)
#: A bug of the trace compiler ends the process.
CHECKS = {"JITVM_CHECK": "1"}

FRESH = f"""\
{HELPERS}
local function fresh()
  local copy = {{helpers = helpers}}
  for name, value in pairs(_G) do copy[name] = value end
  copy._G = copy
  return copy
end
local function rest()
  collectgarbage("restart")
  collectgarbage("setpause", 200)
  collectgarbage("setstepmul", 200)
  jit.on()
end
"""
DRIVE = """\
local jitted = jit.status()
for _, name in ipairs(arg) do
  io.write("\\1begin ", name, "\\n")
  io.stdout:flush()
  local ok, message = pcall(setfenv(assert(loadfile(name .. ".lua")), fresh()))
  if not ok then print(message) end
  io.write("\\1end ", name, "\\n")
  rest()
  if not jitted then jit.off() end
end
"""
_SEGMENT = re.compile(r"\x01begin (\w+)\n(.*?)(?:\x01end \1\n|\Z)", re.DOTALL)


def name_of(program: Program) -> str:
    return f"p{program.seed}"


@dataclass(frozen=True, slots=True)
class Batch:
    """Programs, written to a folder."""

    folder: Path
    programs: Sequence[Program]

    def __post_init__(self) -> None:
        (self.folder / DRIVER).write_text(FRESH + DRIVE)
        for program in self.programs:
            (self.folder / f"{name_of(program)}.lua").write_text(program.body())

    def limit(self) -> float:
        return BASE_LIMIT + LIMIT_EACH * len(self.programs)

    def said(self, engine: Engine) -> dict[str, str]:
        """By program, what it printed; how the process ended where it did not survive the program."""
        waiting = [name_of(program) for program in self.programs]
        said: dict[str, str] = {}
        while waiting:
            done = engine(waiting)
            segments = {found[1]: found for found in _SEGMENT.finditer(done.stdout)}
            for name, found in segments.items():
                said[name] = found[2]
                if not found[0].endswith(f"\x01end {name}\n"):
                    said[name] += f"{done.stderr}[status {done.status}]\n"
            reached = [name for name in waiting if name in segments]
            if not reached:
                said[waiting[0]] = corpus.transcript(done)
                reached = waiting[:1]
            elif done.status != 0 and len(reached) == len(waiting):
                said[reached[-1]] += f"{done.stderr}[status {done.status} at the end]\n"
            waiting = waiting[len(reached) :]
        return said

    def luajit(self, mode: Mode) -> dict[str, str]:
        """What luajit prints, by program."""

        def engine(names: Sequence[str]) -> process.Result:
            return oracle.fresh(*mode.flags, DRIVER, *names, cwd=self.folder, limit=self.limit())

        return self.said(engine)

    def expected(self) -> dict[str, str]:
        """What luajit's interpreter prints, by program; its compiler is sometimes wrong.

        It is asked several times: keys of strings come in another order in every process.  How deep a program
        gets before a stack overflow is the compiler's affair, luajit's too."""

        first, *others = (self.luajit(INTERP) for _ in range(ASKED))
        return {
            name: text
            for name, text in first.items()
            if "[status" not in text and OVERFLOW not in text and all(other[name] == text for other in others)
        }

    def actual(self, mode: Mode) -> dict[str, str]:
        def engine(names: Sequence[str]) -> process.Result:
            return process.jitvm(
                *IMPATIENT,
                *mode.flags,
                DRIVER,
                *names,
                cwd=self.folder,
                environment={**dict(mode.environment), **CHECKS},
                limit=self.limit(),
            )

        return self.said(engine)

    def differing(self, mode: Mode, expected: dict[str, str]) -> list[Program]:
        """The programs that print something else than EXPECTED."""
        actual = self.actual(mode)
        return [
            program
            for program in self.programs
            if (wanted := expected.get(name_of(program))) is not None and actual[name_of(program)] != wanted
        ]


def joined(programs: Sequence[Program]) -> str:
    """One script that does what the batch does."""
    parts = [FRESH]
    for program in programs:
        parts.append(f"print(pcall(setfenv(function(...)\n{program.body()}end, fresh())))\nrest()\n")
    return "".join(parts)
