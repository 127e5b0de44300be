"""`make fuzz SECONDS=60`: random programs in jitvm's modes against luajit.

    python3 -m tests.fuzz.run --seconds 60            from a seed of the clock, which is printed
    python3 -m tests.fuzz.run --seed 17 --count 500   these 500 programs, the same ones in every mode
    python3 -m tests.fuzz.run --seed 17 --count 1     one program again
    python3 -m tests.fuzz.run --seed 17 --print       the program itself

luajit decides by what its interpreter prints; a program for which that changes from run to run decides
nothing and is skipped.  One that luajit's compiler gets wrong too is named, to be looked at, but is no
failure: the last bit of x^2, say, is another in traces, and bit operations on fractions are not defined.

Programs run in batches (`batch.py`).  One that differs runs once more by itself; if it does not differ then,
those before it are needed, and the list of them is made small first.  A failure is made small and saved as
tests/fuzz/regress/NAME.lua with its expected output beside it, for tests/fuzz/test_regress.py.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.fuzz.batch import ASKED, CHECKS, OVERFLOW, Batch, joined, name_of
from tests.support import corpus, modes, oracle, process
from tests.support.modes import DEFAULT, GC_STRESS, HOT, INTERP, Mode
from tests.support.programs import Program, generate
from tests.support.shrink import shrink, shrink_list

REGRESS = Path(__file__).resolve().parent / "regress"
FILE = "program.lua"
TIME_LIMIT = 60.0
SHRINK_SECONDS = 120.0
BATCH = 50
#: What programs run in: more modes would find little more, and a quarter of the time is luajit's already.
MODES = (INTERP, DEFAULT, HOT, GC_STRESS)


def expected(folder: Path) -> str | None:
    """What luajit prints for FILE; None where it is not of one mind, or where it refuses the program."""
    said = {
        corpus.transcript(oracle.fresh(*INTERP.flags, FILE, cwd=folder, limit=TIME_LIMIT))
        for _ in range(ASKED)
    }
    text = said.pop()
    return None if said or OVERFLOW in text or text.endswith("[status 1]\n") else text


def actual(folder: Path, mode: Mode) -> str:
    environment = {**dict(mode.environment), **CHECKS}
    done = process.jitvm(*mode.flags, FILE, cwd=folder, environment=environment, limit=TIME_LIMIT)
    return corpus.transcript(done)


def fails(text: str, folder: Path, mode: Mode) -> bool:
    """Whether jitvm prints something else than luajit for a script."""
    (folder / FILE).write_text(text)
    wanted = expected(folder)
    return wanted is not None and actual(folder, mode) != wanted


@dataclass(slots=True)
class Search:
    """Batches of programs until time or programs run out; what was found, and how far it got."""

    folder: Path
    candidates: tuple[Mode, ...]
    #: 0: failures are saved as they are.
    shrink_seconds: float = SHRINK_SECONDS
    regress: Path = REGRESS
    decided: int = 0
    shared: int = 0
    seconds: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def batch(self, seeds: Sequence[int]) -> None:
        started = time.monotonic()
        batch = Batch(self.folder, [generate(seed) for seed in seeds])
        expected = batch.expected()
        self.decided += len(expected)
        self.seconds["luajit"] += time.monotonic() - started
        for mode in self.candidates:
            started = time.monotonic()
            differing = batch.differing(mode, expected)
            self.seconds[mode.name] += time.monotonic() - started
            for program in differing:
                # Once is enough: the modes further down do not run it again.
                expected.pop(name_of(program))
                self._failure(batch, program, mode)

    def report(self, programs: int) -> str:
        spent = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in self.seconds.items())
        return (
            f"{programs} programs, {self.decided} decided by luajit, {len(self.failures)} failures, "
            f"{self.shared} wrong in luajit too ({spent})"
        )

    def _failure(self, batch: Batch, program: Program, mode: Mode) -> None:
        if name_of(program) not in batch.expected():
            self.decided -= 1  # It was by chance that luajit said the same several times.
            return
        if mode == GC_STRESS and self._takes_long(program):
            print(f"seed {program.seed} takes too long in mode {mode.name}", flush=True)
            return
        if self._is_shared(batch, program):
            print(f"seed {program.seed} differs in mode {mode.name}, and in luajit's compiler", flush=True)
            self.shared += 1
            return
        failure = f"seed {program.seed} fails in mode {mode.name}"
        print(failure, flush=True)
        self.failures.append(failure)
        deadline = time.monotonic() + self.shrink_seconds

        def alone(candidate: Program) -> bool:
            return time.monotonic() < deadline and fails(candidate.text(), self.folder, mode)

        if fails(program.text(), self.folder, mode):
            self._save(shrink(program, alone).text(), program, mode)
        else:
            self._failure_together(batch, program, mode, deadline)

    def _is_shared(self, batch: Batch, program: Program) -> bool:
        """Does luajit's compiler get the program wrong, in the batch or alone?"""
        name = name_of(program)
        for programs in (batch, Batch(self.folder, [program])):
            interpreted = programs.luajit(INTERP)[name]
            if any(programs.luajit(compiled)[name] != interpreted for compiled in (DEFAULT, HOT)):
                return True
        return False

    def _takes_long(self, program: Program) -> bool:
        """A collection at every allocation may be too much; that is no failure."""
        said = Batch(self.folder, [program]).actual(GC_STRESS)[name_of(program)]
        return f"[status {process.TIMED_OUT}]" in said

    def _failure_together(self, batch: Batch, program: Program, mode: Mode, deadline: float) -> None:
        """It takes programs before this one: which of them, and what in them?"""

        def together(candidates: Sequence[Program]) -> bool:
            fewer = Batch(self.folder, candidates)
            return time.monotonic() < deadline and program in fewer.differing(mode, fewer.expected())

        needed = list(batch.programs[: list(batch.programs).index(program) + 1])
        if not together(needed):
            print(f"only once, in the batch from seed {needed[0].seed}", flush=True)
            return
        needed = shrink_list(needed, together)
        for candidate in needed:
            shrink(candidate, lambda _: together(needed))
        self._save(joined(needed), program, mode)
        if not fails(joined(needed), self.folder, mode):
            print("only as files of their own:", flush=True)
            for number, candidate in enumerate(needed):
                (self.regress / f"seed{program.seed}.part{number}").write_text(candidate.text())

    def _save(self, text: str, program: Program, mode: Mode) -> None:
        self.regress.mkdir(exist_ok=True)
        name = f"seed{program.seed}_{mode.name.strip('-').replace('-', '_')}"
        (self.folder / FILE).write_text(text)
        wanted = expected(self.folder)
        if wanted is None:
            print(f"seed {program.seed}: luajit is no longer of one mind", flush=True)
            return
        case = corpus.Script(self.regress, name)
        # Messages carry the file's name: the stored text says it under the name of the case.
        case.store("lua", text)
        case.store("out", wanted.replace(FILE, case.file))
        print(f"saved as {case.path('lua')}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="compares jitvm with luajit on random programs")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=sys.maxsize)
    parser.add_argument("--modes", default="", help="names of modes (tests/support/modes.py), by commas")
    parser.add_argument("--save", type=Path, default=REGRESS, help="the folder for failures")
    parser.add_argument("--print", action="store_true", help="print the program and stop")
    parser.add_argument("--keep", action="store_true", help="do not make failures small")
    options = parser.parse_args()
    if options.print:
        print(generate(options.seed).text())
        return 0
    if oracle.path() is None:
        print(f"{oracle.VERSION} is not installed: apt-get install luajit", file=sys.stderr)
        return 1
    candidates = modes.named(options.modes) if options.modes else MODES
    deadline = time.monotonic() + options.seconds
    print(f"seeds from {options.seed}, modes {' '.join(mode.name for mode in candidates)}", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        search = Search(Path(scratch), candidates, SHRINK_SECONDS * (not options.keep), options.save)
        done = 0
        while done < options.count and time.monotonic() < deadline:
            size = min(BATCH, options.count - done)
            search.batch(range(options.seed + done, options.seed + done + size))
            done += size
            print(search.report(done), flush=True)
    return bool(search.failures)


if __name__ == "__main__":
    sys.exit(main())
