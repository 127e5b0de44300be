"""`make bench`: jitvm against luajit, in one table.

    python3 -m tests.bench.run                  everything, about five minutes
    python3 -m tests.bench.run --quick fib      a tenth of the work
    python3 -m tests.bench.run --only interp    interpreters alone

Whole processes are timed, start-up included, with Python's bytecode cached as it is for an installed
package, whatever PYTHONDONTWRITEBYTECODE says.  The contestants take turns within each round and the
least time of the rounds counts: what else the machine does disturbs both alike, and only upwards.
Two runs that print different results are an error, not a time.

The last lines are the time to compile per IR instruction (from jitvm's own statistics, where
JITVM_STATS=1 prints `compile: N traces M ir X us/ir`) and the start to exit of an empty script, with
a warm cache and with none.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support import oracle, process

HERE = Path(__file__).resolve().parent
QUICK_DIVISOR = 10
WRONG = math.nan
TIME_LIMIT = 300.0


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A program and the argument that makes luajit work for about a second; work grows as n ** power."""

    name: str
    traced: int
    interpreted: int
    power: float = 1.0

    def argument(self, kind: str, divisor: int) -> str:
        full = self.traced if kind == "traced" else self.interpreted
        if self.name == "fib":
            return str(full - round(math.log(divisor, 1.618)))
        return str(max(1, round(full / divisor ** (1 / self.power))))


BENCHMARKS = (
    Benchmark("sum", 1_500_000_000, 300_000_000),
    Benchmark("nested", 520, 350, 3),
    Benchmark("mandelbrot", 2300, 900, 2),
    Benchmark("sieve", 700, 120),
    Benchmark("fib", 41, 38),
    Benchmark("nbody", 7_000_000, 1_000_000),
    Benchmark("spectral", 5000, 1000, 2),
    Benchmark("matmul", 1200, 520, 3),
)
KINDS = {"traced": (), "interp": ("-joff",)}


def main() -> int:
    parser = argparse.ArgumentParser(description="times jitvm against luajit")
    parser.add_argument("names", nargs="*", help="benchmarks; all when none is named")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help=f"one {QUICK_DIVISOR}th of the work")
    parser.add_argument("--only", choices=KINDS)
    options = parser.parse_args()
    luajit = oracle.path()
    if luajit is None:
        print(f"{oracle.VERSION} is not installed: apt-get install luajit", file=sys.stderr)
        return 1
    chosen = [bench for bench in BENCHMARKS if bench.name in (options.names or [bench.name])]
    divisor = QUICK_DIVISOR if options.quick else 1
    with tempfile.TemporaryDirectory() as pycache:
        os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": pycache}
        process.run(_jitvm_command("sum.lua", "100000"), HERE, _environment(), TIME_LIMIT)  # Fills caches.
        for kind in [options.only] if options.only else KINDS:
            _report_kind(kind, chosen, luajit, options.rounds, divisor)
        _report_compile_time(chosen)
        _report_startup(luajit, rounds=10)
    return 0


def _report_kind(kind: str, chosen: list[Benchmark], luajit: str, rounds: int, divisor: int) -> None:
    flags = list(KINDS[kind])
    print(f"\n{kind:<12}{'argument':>14}{'jitvm s':>10}{'luajit s':>10}{'ratio':>8}")
    ratios = []
    for bench in chosen:
        argument = bench.argument(kind, divisor)
        tail = [*flags, f"{bench.name}.lua", argument]
        ours, theirs = _interleaved([_jitvm_command(*tail), [luajit, *tail]], rounds)
        ratio = ours / theirs
        print(f"{bench.name:<12}{argument:>14}{ours:>10.3f}{theirs:>10.3f}{ratio:>8.2f}", flush=True)
        if not math.isnan(ratio):
            ratios.append(ratio)
    if ratios:
        geomean = math.exp(sum(map(math.log, ratios)) / len(ratios))
        print(f"{'geomean':<12}{'':>14}{'':>10}{'':>10}{geomean:>8.2f}")


def _interleaved(commands: list[list[str]], rounds: int) -> list[float]:
    """The least seconds of each command; WRONG for one that failed or printed another result."""
    best = [math.inf] * len(commands)
    printed: list[set[str]] = [set() for _ in commands]
    for _ in range(rounds):
        for index, command in enumerate(commands):
            started = time.perf_counter()
            done = process.run(command, cwd=HERE, environment=_environment(), limit=TIME_LIMIT)
            best[index] = min(best[index], time.perf_counter() - started)
            printed[index].add(done.stdout)
            if done.status != 0:
                print(f"{' '.join(command[-3:])}: status {done.status} {done.stderr[-300:]}", file=sys.stderr)
                best[index] = WRONG
                return [WRONG] * len(commands)
    if len(set.union(*printed)) != 1:
        print(f"{commands[0][-2]}: different results {sorted(set.union(*printed))}", file=sys.stderr)
        return [WRONG] * len(commands)
    return best


def _report_compile_time(chosen: list[Benchmark]) -> None:
    """Compile time over all benchmarks at a hundredth of their work; silent if jitvm says nothing."""
    instructions, microseconds = 0, 0.0
    for bench in chosen:
        tail = [f"{bench.name}.lua", bench.argument("traced", 100)]
        done = process.run(_jitvm_command(*tail), HERE, {**_environment(), "JITVM_STATS": "1"}, TIME_LIMIT)
        said = re.search(
            r"^compile: (\d+) traces (\d+) ir ([\d.]+) us/ir", done.stdout + done.stderr, re.MULTILINE
        )
        if said:
            instructions += int(said[2])
            microseconds += int(said[2]) * float(said[3])
    if instructions:
        print(
            f"\ncompile time {microseconds / instructions:.1f} us per IR instruction ({instructions} of them)"
        )


def _report_startup(luajit: str, rounds: int) -> None:
    ours, theirs = _interleaved([_jitvm_command("empty.lua"), [luajit, "empty.lua"]], rounds)
    print(f"start-up, warm cache   {ours * 1000:8.1f} ms    luajit {theirs * 1000:.1f} ms")
    with tempfile.TemporaryDirectory() as cache:
        started = time.perf_counter()
        process.run(
            _jitvm_command("empty.lua"), HERE, {**_environment(), "XDG_CACHE_HOME": cache}, TIME_LIMIT
        )
        print(f"start-up, empty cache  {(time.perf_counter() - started) * 1000:8.1f} ms")


def _jitvm_command(*args: str) -> list[str]:
    return [sys.executable, "-m", "jitvm", *args]


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(process.ROOT), os.environ.get("PYTHONPATH", "")]))
    return {"PYTHONPATH": path}


if __name__ == "__main__":
    sys.exit(main())
