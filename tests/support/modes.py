"""The mode matrix: every Lua script must print the same in each of these.

A mode is a name and the flags that make it.  `FAST` runs in every test run, `ALL` with
JITVM_MODES=all, and JITVM_MODES=hot,O0 picks by name.  Which mode fails tells where to look:

    interp    the front end, a handler, the runtime: traces are off
    default   as users run it
    hot       the recorder: nearly everything compiles at once
    gcstress  roots: the collector runs after every allocation; luajit has no such mode
    O0, -X    the pass without which the failure goes away
    randra    the register allocator: any legal register instead of the best
"""

from __future__ import annotations

import os
from dataclasses import dataclass

PASSES = ("fold", "cse", "dce", "fwd", "dse", "narrow", "loop", "abc", "sink", "fuse")


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to run a script; flags are understood by jitvm and luajit alike."""

    name: str
    flags: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()


DEFAULT = Mode("default")
INTERP = Mode("interp", ("-joff",))
HOT = Mode("hot", ("-Ohotloop=1", "-Ohotexit=1"))
UNOPTIMISED = Mode("O0", ("-O0",))
GC_STRESS = Mode("gcstress", HOT.flags, (("JITVM_GCSTRESS", "1"),))
RANDOM_REGISTERS = Mode("randra", HOT.flags, (("JITVM_RANDRA", "1"),))
GC_STEPS = Mode("gcsteps", HOT.flags, (("JITVM_GCSTRESS", "2"),))
HOT_UNOPTIMISED = Mode("hot-O0", ("-O0", "-Ohotloop=1", "-Ohotexit=1"))
ONE_PASS_OFF = tuple(Mode(f"-{name}", ("-Ohotloop=1", "-Ohotexit=1", f"-O-{name}")) for name in PASSES)

FAST = (DEFAULT, INTERP, HOT, UNOPTIMISED, GC_STRESS)
ALL = (*FAST, GC_STEPS, HOT_UNOPTIMISED, RANDOM_REGISTERS, *ONE_PASS_OFF)


def selected() -> tuple[Mode, ...]:
    """The modes that JITVM_MODES asks for."""
    wish = os.environ.get("JITVM_MODES", "fast")
    if wish == "fast":
        return FAST
    if wish == "all":
        return ALL
    return named(wish)


def named(names: str) -> tuple[Mode, ...]:
    """The modes of these names, which are separated by commas."""
    by_name = {mode.name: mode for mode in ALL}
    unknown = [name for name in names.split(",") if name not in by_name]
    assert not unknown, f"no such mode: {unknown}; there are {list(by_name)}"
    return tuple(by_name[name] for name in names.split(","))
