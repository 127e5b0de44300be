"""`make soak SECONDS=600`: one process runs all test programs over and over, and must not grow.

    python3 -m tests.soak --seconds 600         programs of tests/lua and traces/
    python3 -m tests.soak --seconds 20 sieve    some of them

In each round every program runs in a runtime of its own, which is given up afterwards, and all of them run
one after the other in one runtime that lives as long as the process (`soak.lua`).  Runtimes of even rounds
compile loops at once, those of odd rounds when they are hot.  After a round all traces are flushed and
everything is collected, and what is left is measured: resident memory, mappings and open files of the
process, objects of Python, and what Lua says is in use.  The first rounds fill caches; after those nothing
may grow.

What it does not do: compare what the programs print (`test_lua.py` does); their output is thrown away.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from jitvm.front.errors import LuaError
from jitvm.options import Options
from jitvm.runtime.runtime import Runtime
from tests.support import corpus

DRIVER = Path(__file__).with_suffix(".lua")
#: Programs that end the process, or change what all programs of a process share.
EXCLUDED = {"exit_byte"}
#: Rounds in which caches fill.
WARM_UP = 3
#: How much more than after the warm-up is no growth: a share, and an amount.
SLACK = {"resident_kb": (0.05, 6000), "mappings": (0.0, 8), "files": (0.0, 0), "objects": (0.01, 3000),
         "lua_kb": (0.02, 100)}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the process holds after a round."""

    resident_kb: int
    mappings: int
    files: int
    objects: int
    lua_kb: int

    def growth(self, later: Figures) -> list[str]:
        """Which of them have grown."""
        grown = []
        for one in fields(self):
            share, amount = SLACK[one.name]
            before, after = getattr(self, one.name), getattr(later, one.name)
            if after > before * (1 + share) + amount:
                grown.append(f"{one.name} {before} -> {after}")
        return grown


class Soak:
    """The programs, and the runtime that stays."""

    def __init__(self, scripts: list[corpus.Script]) -> None:
        self.scripts = scripts
        self.runtime = Runtime(Options())
        self.driver = self.runtime.call(self.runtime.load(DRIVER.read_bytes(), b"@soak.lua"))[0]
        self.rounds = 0

    def round(self) -> Figures:
        """Everything once, alone and together."""
        with _quiet():
            for script in self.scripts:
                self._alone(script)
            lua_kb = self._together()
            self.runtime.out.flush()
        self.rounds += 1
        return _figures(lua_kb)

    def _alone(self, script: corpus.Script) -> None:
        options = Options()
        if self.rounds % 2 == 0:
            options.optimise("hotloop=1,hotexit=1")
        runtime = Runtime(options)
        os.chdir(script.folder)
        try:
            runtime.call(runtime.load(script.path("lua").read_bytes(), b"@" + script.file.encode()))
        except LuaError:
            pass  # Some end so.
        finally:
            runtime.close()
            runtime.release()

    def _together(self) -> int:
        from ir.layout import ACCESS

        ACCESS.memory = self.runtime.heap.memory
        os.chdir(corpus.PROGRAMS)
        sources = {at: script.path("lua").read_bytes() for at, script in enumerate(self.scripts, 1)}
        found = self.runtime.call(self.driver, self.runtime.new_table(sources))[0]  # type: ignore[arg-type]
        assert isinstance(found, int | float), found
        self.runtime.free_protos()
        return int(found)


@contextmanager
def _quiet() -> Iterator[None]:
    """What the programs print goes nowhere."""
    kept = [os.dup(fd) for fd in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for fd in (1, 2):
        os.dup2(nowhere, fd)
    try:
        yield
    finally:
        for fd, old in zip((1, 2), kept, strict=True):
            os.dup2(old, fd)
            os.close(old)
        os.close(nowhere)


def _figures(lua_kb: int) -> Figures:
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024
    mappings = Path("/proc/self/maps").read_bytes().count(b"\n")
    return Figures(resident, mappings, len(os.listdir("/proc/self/fd")), len(gc.get_objects()), lua_kb)


def soak(scripts: list[corpus.Script], seconds: float, least: int = WARM_UP + 2) -> list[str]:
    """Rounds until the time is over; what has grown since the warm-up."""
    started = time.monotonic()
    running = Soak(scripts)
    first: Figures | None = None
    print(f"{'round':>6}{'s':>8}" + "".join(f"{one.name:>14}" for one in fields(Figures)), flush=True)
    while running.rounds < least or time.monotonic() - started < seconds:
        last = running.round()
        line = "".join(f"{value:>14}" for value in astuple(last))
        print(f"{running.rounds:>6}{time.monotonic() - started:>8.0f}{line}", flush=True)
        if running.rounds == WARM_UP:
            first = last
    assert first is not None
    return first.growth(last)


def main() -> int:
    parser = argparse.ArgumentParser(description="runs test programs over and over in one process")
    parser.add_argument("names", nargs="*", help="programs; all when none is named")
    parser.add_argument("--seconds", type=float, default=60.0)
    options = parser.parse_args()
    scripts = [script for script in corpus.programs() + corpus.scripts() if script.name not in EXCLUDED]
    chosen = [script for script in scripts if script.name in (options.names or [script.name])]
    grown = soak(chosen, options.seconds)
    print("\n".join(f"has grown: {one}" for one in grown) or "nothing has grown")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
