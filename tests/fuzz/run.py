"""`make fuzz SECONDS=60`: random programs in jitvm's modes against luajit.

    python3 -m tests.fuzz.run --seconds 60            from a seed of the clock, which is printed
    python3 -m tests.fuzz.run --seed 17 --count 1     one program again
    python3 -m tests.fuzz.run --seed 17 --print       the program itself

luajit decides by what its interpreter prints; a program for which its compiler prints something else
decides nothing and is skipped.  A failure is made small and saved as tests/fuzz/regress/NAME.lua with
its expected output beside it; tests/fuzz/test_regress.py runs those for ever.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.support import available, corpus, modes, oracle, process
from tests.support.programs import Program, generate
from tests.support.shrink import shrink

REGRESS = Path(__file__).resolve().parent / "regress"
FILE = "program.lua"
TIME_LIMIT = 60.0
SHRINK_SECONDS = 90.0


def expected(folder: Path) -> str | None:
    """What luajit prints for FILE, or None where it is not of one mind."""
    said = {
        corpus.transcript(oracle.fresh(*mode.flags, FILE, cwd=folder, limit=TIME_LIMIT))
        for mode in (modes.INTERP, modes.DEFAULT, modes.HOT)
    }
    return said.pop() if len(said) == 1 else None


def actual(folder: Path, mode: modes.Mode) -> str:
    environment = {**mode.environment, "JITVM_CHECK": "1"}
    done = process.jitvm(*mode.flags, FILE, cwd=folder, environment=environment, limit=TIME_LIMIT)
    return corpus.transcript(done)


def failing_mode(program: Program, folder: Path, candidates: tuple[modes.Mode, ...]) -> modes.Mode | None:
    """The first mode in which jitvm prints something else than luajit."""
    (folder / FILE).write_text(program.text())
    wanted = expected(folder)
    if wanted is None:
        return None
    return next((mode for mode in candidates if actual(folder, mode) != wanted), None)


def main() -> int:
    parser = argparse.ArgumentParser(description="compares jitvm with luajit on random programs")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=sys.maxsize)
    parser.add_argument("--print", action="store_true", help="print the program and stop")
    parser.add_argument("--keep", action="store_true", help="do not make failures small")
    options = parser.parse_args()
    if options.print:
        print(generate(options.seed).text())
        return 0
    if oracle.path() is None:
        print(f"{oracle.VERSION} is not installed: apt-get install luajit", file=sys.stderr)
        return 1
    return _search(options.seed, options.seconds, options.count, SHRINK_SECONDS * (not options.keep))


def _search(seed: int, seconds: float, count: int, shrink_seconds: float) -> int:
    candidates = modes.selected() if "record" in available.present() else (modes.INTERP,)
    deadline = time.monotonic() + seconds
    done, failures = 0, 0
    print(f"seeds from {seed}, modes {' '.join(mode.name for mode in candidates)}")
    with tempfile.TemporaryDirectory() as scratch:
        while done < count and time.monotonic() < deadline:
            program = generate(seed + done)
            mode = failing_mode(program, Path(scratch), candidates)
            done += 1
            if mode is not None:
                failures += 1
                _save(_small(program, mode, Path(scratch), shrink_seconds), mode, Path(scratch))
    print(f"{done} programs, {failures} failures")
    return failures > 0


def _small(program: Program, mode: modes.Mode, folder: Path, seconds: float) -> Program:
    print(f"seed {program.seed} fails in mode {mode.name}", flush=True)
    deadline = time.monotonic() + seconds

    def failing(candidate: Program) -> bool:
        return time.monotonic() < deadline and failing_mode(candidate, folder, (mode,)) is not None

    return shrink(program, failing)


def _save(program: Program, mode: modes.Mode, folder: Path) -> None:
    REGRESS.mkdir(exist_ok=True)
    name = f"seed{program.seed}_{mode.name.strip('-').replace('-', '_')}"
    (folder / FILE).write_text(program.text())
    wanted = expected(folder)
    assert wanted is not None, f"seed {program.seed}: luajit decided a moment ago"
    case = corpus.Script(REGRESS, name)
    # Messages carry the file's name: the stored text says it under the name of the case.
    case.store("lua", program.text())
    case.store("out", wanted.replace(FILE, case.file))
    print(f"saved as {case.path('lua')}")


if __name__ == "__main__":
    sys.exit(main())
