"""`make golden` and `make diff`: the stored listings of traces/ and tests/lua.

    python3 -m tests.support.golden [NAME...]      rewrite the listings (all, or of those named)
    python3 -m tests.support.golden --diff         compare the stored ones with the live luajit
    python3 -m tests.support.golden --runs 20      ask luajit that often

luajit's listings are rewritten where the binary is installed; ours, with machine code (NAME.jitvm), always.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections import Counter
from collections.abc import Callable, Mapping

from tests.support import corpus, oracle

Kinds = Mapping[str, Callable[[corpus.Script], str]]


def main() -> int:
    parser = argparse.ArgumentParser(description="rewrites or compares the stored listings of traces/")
    parser.add_argument("names", nargs="*", help="scripts; all when none is named")
    parser.add_argument("--diff", action="store_true", help="compare instead of rewriting")
    parser.add_argument("--runs", type=int, default=5, help="luajit is asked that often; the majority counts")
    options = parser.parse_args()
    everything = [(script, corpus.ORACLE_KINDS) for script in corpus.scripts()]
    everything += [(program, corpus.PROGRAM_KINDS) for program in corpus.programs()]
    chosen = [
        (script, kinds) for script, kinds in everything if script.name in (options.names or [script.name])
    ]
    if oracle.path() is None:
        print(f"{oracle.VERSION} is not installed: its listings are left as they are", file=sys.stderr)
        if options.diff:
            return 1
    if options.diff:
        return sum(_compare(script, kinds) for script, kinds in chosen) > 0
    unstable = []
    if oracle.path():
        unstable = [script.name for script, kinds in chosen if not _store_oracle(script, kinds, options.runs)]
    _store_ours([script for script, kinds in chosen if "dump" in kinds])
    if unstable:
        print(f"luajit's listing differs from run to run: {' '.join(unstable)}", file=sys.stderr)
    return len(unstable) > 0


def _store_oracle(script: corpus.Script, kinds: Kinds, runs: int) -> bool:
    """Stores what luajit says most often; False where it says that less than four times of five.

    A counter of a loop and one of a function fall together now and then, depending on where luajit's
    allocator put them: a listing that is another in one run of thirty is still a good listing.
    """
    stable = True
    for kind, ask in kinds.items():
        said = Counter(ask(script) for _ in range(runs))
        ((most, times),) = said.most_common(1)
        stable = stable and times >= 0.8 * runs
        script.store(kind, most)
    return stable


def _store_ours(chosen: list[corpus.Script]) -> None:
    for script in chosen:
        script.store("jitvm", corpus.own_listing(script))


def _compare(script: corpus.Script, kinds: Kinds) -> int:
    """Prints how stored and live listings differ; the number of kinds that do."""
    different = 0
    for kind, ask in kinds.items():
        stored, live = script.stored(kind), ask(script)
        if stored != live:
            different += 1
            name = script.path(kind).name
            lines = difflib.unified_diff(
                stored.splitlines(), live.splitlines(), f"{name} (stored)", f"{name} (luajit)", lineterm=""
            )
            print("\n".join(lines))
    return different


if __name__ == "__main__":
    sys.exit(main())
