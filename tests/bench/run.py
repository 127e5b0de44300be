"""`make bench`: jitvm against luajit and Lua 5.1, a table for each section of `programs.py`.

    python3 -m tests.bench.run                        everything, about ten minutes
    python3 -m tests.bench.run --quick fib            a tenth of the work
    python3 -m tests.bench.run --only interp,alloc    some sections (also `start`: compile time and start-up)

Whole processes are measured, start-up included, with Python's bytecode cached as it is for an installed
package, whatever PYTHONDONTWRITEBYTECODE says.  What counts is the processor time a process takes, its own
and the system's for it: neither the other contestants nor what else the machine does is in it.  The
contestants take turns within each round and the least of the rounds counts, since what disturbs does so
only upwards.  Two runs that print different results are an error, not a time.

Memory is the most a process held at any time (`peak.lua`), less the same of a script that has one short hot
loop: what is compared is the memory of Lua's objects.

The last lines are the time to compile per IR instruction (from jitvm's own statistics, where
JITVM_STATS=1 prints `compile: N traces M ir X us/ir`) and the start to exit of an empty script, with
a warm cache and with none.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import resource
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.programs import SECTIONS, Program, Section
from tests.support import oracle, process

HERE = Path(__file__).resolve().parent
QUICK_DIVISOR = 10
WRONG = math.nan
TIME_LIMIT = 300.0
START = "start"


@dataclass(slots=True)
class Contestant:
    """A command line to which a script and its arguments are appended, and the least it has taken."""

    name: str
    command: list[str]
    seconds: float = math.inf
    printed: set[str] = field(default_factory=set)

    def run(self, tail: list[str]) -> bool:
        """Runs once more; whether it ended well."""
        before = _children_seconds()
        done = process.run(self.command + tail, HERE, _environment(), TIME_LIMIT)
        self.seconds = min(self.seconds, _children_seconds() - before)
        self.printed.add(done.stdout)
        if done.status != 0:
            print(f"{self.name} {' '.join(tail)}: status {done.status} {done.stderr[-300:]}", file=sys.stderr)
        return done.status == 0

    def peak(self, tail: list[str]) -> float:
        """The most kilobytes it held while it ran a script."""
        done = process.run([*self.command, "peak.lua", *tail], HERE, _environment(), TIME_LIMIT)
        said = re.search(r"^peak (\d+)$", done.stderr, re.MULTILINE)
        return float(said[1]) if said else WRONG


def main() -> int:
    options = _arguments()
    luajit = oracle.path()
    if luajit is None:
        print(f"{oracle.VERSION} is not installed: apt-get install luajit", file=sys.stderr)
        return 1
    divisor = QUICK_DIVISOR if options.quick else 1
    with tempfile.TemporaryDirectory() as pycache:
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": pycache}
        process.run([*_JITVM, "sum.lua", "100000"], HERE, _environment(), TIME_LIMIT)  # Fills caches.
        for section in SECTIONS:
            chosen = [row for row in section.programs if row.name in (options.names or [row.name])]
            if section.name in options.only and chosen:
                _report_section(section, chosen, luajit, options.rounds, divisor)
        if START in options.only:
            _report_compile_time(options.names)
            _report_startup(luajit, rounds=10)
    return 0


def _arguments() -> argparse.Namespace:
    names = [section.name for section in SECTIONS] + [START]
    parser = argparse.ArgumentParser(description="measures jitvm against luajit")
    parser.add_argument("names", nargs="*", help="programs; all when none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help=f"one {QUICK_DIVISOR}th of the work")
    parser.add_argument("--only", default=",".join(names), help="sections, of " + ",".join(names))
    options = parser.parse_args()
    options.only = options.only.split(",")
    if unknown := set(options.only) - set(names):
        parser.error(f"no section {', '.join(sorted(unknown))}: choose from {', '.join(names)}")
    known = {row.name for section in SECTIONS for row in section.programs}
    if unknown := set(options.names) - known:
        parser.error(f"no program {', '.join(sorted(unknown))}: choose from {', '.join(sorted(known))}")
    return options


def _report_section(section: Section, chosen: list[Program], luajit: str, rounds: int, divisor: int) -> None:
    lua = shutil.which("lua5.1") if section.lua else None
    title = f"\n{section.name:<14}{'argument':>14}{'jitvm s':>10}{'luajit s':>10}{'ratio':>8}"
    if lua:
        title += f"{'lua5.1 s':>10}{'ratio':>8}"
    if section.memory:
        title += f"{'jitvm KB':>12}{'luajit KB':>12}{'ratio':>8}"
    print(title)
    ratios = []
    for program in chosen:
        commands = {"jitvm": _JITVM, "luajit": [luajit]}
        field = [Contestant(name, [*command, *section.flags]) for name, command in commands.items()]
        if lua:
            field.append(Contestant("lua5.1", [lua]))
        argument = program.argument(divisor)
        tail = [f"{program.name}.lua", argument]
        if not _race(field, tail, rounds):
            continue
        ours, theirs, *others = field
        ratios.append(ours.seconds / theirs.seconds)
        line = f"{program.name:<14}{argument:>14}{ours.seconds:>10.3f}{theirs.seconds:>10.3f}"
        line += f"{ratios[-1]:>8.2f}"
        for other in others:
            line += f"{other.seconds:>10.3f}{ours.seconds / other.seconds:>8.2f}"
        print(line + (_peaks(field, tail) if section.memory else ""), flush=True)
    if ratios:
        geomean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"{'geomean':<14}{'':>14}{'':>10}{'':>10}{geomean:>8.2f}")


def _race(field: list[Contestant], tail: list[str], rounds: int) -> bool:
    """Lets all run in turns; whether they printed the same and ended well."""
    for _ in range(rounds):
        for contestant in field:
            if not contestant.run(tail):
                return False
    printed = set.union(*(contestant.printed for contestant in field))
    if len(printed) != 1:
        print(f"{tail[0]}: different results {sorted(printed)}", file=sys.stderr)
    return len(printed) == 1


def _peaks(field: list[Contestant], tail: list[str]) -> str:
    ours, theirs = (contestant.peak(tail) - contestant.peak(["sum.lua", "10000"]) for contestant in field)
    return f"{ours:>12.0f}{theirs:>12.0f}{ours / theirs:>8.2f}"


def _report_compile_time(names: list[str]) -> None:
    """Over the programs that are traced, at a hundredth of their work; silent if jitvm says nothing."""
    instructions, microseconds = 0, 0.0
    for section in SECTIONS:
        for program in section.programs if not section.flags else ():
            if program.name not in (names or [program.name]):
                continue
            command = [*_JITVM, f"{program.name}.lua", program.argument(100)]
            done = process.run(command, HERE, {**_environment(), "JITVM_STATS": "1"}, TIME_LIMIT)
            said = re.search(
                r"^compile: (\d+) traces (\d+) ir ([\d.]+) us/ir", done.stdout + done.stderr, re.MULTILINE
            )
            if said:
                instructions += int(said[2])
                microseconds += int(said[2]) * float(said[3])
    if instructions:
        average = microseconds / instructions
        print(f"\ncompile time {average:.1f} us per IR instruction ({instructions} of them)")


def _report_startup(luajit: str, rounds: int) -> None:
    """Time on the clock here: waiting for the disk is part of it."""
    ours, theirs = (min(_clock(command) for _ in range(rounds)) for command in (_JITVM, [luajit]))
    print(f"start-up, warm cache   {ours * 1000:8.1f} ms    luajit {theirs * 1000:.1f} ms")
    with tempfile.TemporaryDirectory() as cache:
        print(f"start-up, empty cache  {_clock(_JITVM, {'XDG_CACHE_HOME': cache}) * 1000:8.1f} ms")


def _clock(command: list[str], environment: dict[str, str] | None = None) -> float:
    started = time.perf_counter()
    process.run([*command, "empty.lua"], HERE, {**_environment(), **(environment or {})}, TIME_LIMIT)
    return time.perf_counter() - started


def _children_seconds() -> float:
    """Processor time of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


_JITVM = [sys.executable, "-m", "jitvm"]


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(process.ROOT), os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path}


if __name__ == "__main__":
    sys.exit(main())
