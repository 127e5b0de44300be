"""THE table of options: optimisation flags, levels and parameters, by LuaJIT's names and with its defaults.

    options = Options()
    options.optimise("hotloop=10")      -Ohotloop=10
    options.optimise("-sink")           -O-sink, -Onosink
    options.optimise("2")               -O2

Also `jit.opt.start`.  Nothing else holds a flag or a parameter.
"""

from __future__ import annotations

from ir.passes.flags import LEVELS, OptFlag

#: Parameter: default and what it limits.
PARAMETERS: dict[str, tuple[int, str]] = {
    "maxtrace": (1000, "number of traces"),
    "maxrecord": (4000, "IR instructions of a trace"),
    "maxirconst": (500, "IR constants of a trace"),
    "maxside": (100, "side traces of a root trace"),
    "maxsnap": (500, "snapshots of a trace"),
    "minstitch": (0, "IR instructions of a stitched trace, at least"),
    "hotloop": (56, "iterations until a loop is hot; calls count half"),
    "hotexit": (10, "times an exit is taken until it is hot"),
    "tryside": (4, "attempts to compile a side trace"),
    "instunroll": (4, "unrolling of unstable loops"),
    "loopunroll": (15, "unrolling of loops in side traces"),
    "callunroll": (3, "unrolling of recursive calls"),
    "recunroll": (2, "unrolling of true recursion, at least"),
    "sizemcode": (64, "KiB of each area of machine code"),
    "maxmcode": (512, "KiB of machine code"),
    # Ours.  A threshold that the user sets is taken literally: setting hotloop or hotexit makes this 0.
    "patience": (1000, "IR instructions recorded until hotloop and hotexit begin to double; 0: never"),
}
#: The names of the optimisations, in the order `jit.status` lists them.
FLAGS: dict[str, OptFlag] = {flag.name.lower(): flag for flag in OptFlag if flag.name}
DEFAULT_LEVEL = 3
#: What `-O` without a number means.
PLAIN_LEVEL = 3
assert len(FLAGS) == 10, FLAGS


# Any seed will do.  How soon a recursion finds its up-recursion trace depends on it as on luajit's own,
# which differs in every run: of sixteen, the median took 0.95 s for tests/bench/fib and this one 0.86.
DEFAULT_SEED = 2


class UnknownOption(Exception):
    """Not a flag, a level or a parameter."""


class Options:
    """Settings of one runtime."""

    __slots__ = ("flags", "ignore_environment", "jit", "memory", "parameters", "seed")

    def __init__(
        self, *, jit: bool = True, seed: int = DEFAULT_SEED, ignore_environment: bool = False, memory: int = 0
    ) -> None:
        self.parameters = {name: default for name, (default, _) in PARAMETERS.items()}
        self.flags = LEVELS[DEFAULT_LEVEL]
        self.jit = jit
        self.seed = seed
        self.memory = memory  # Bytes the program may use; 0: what the machine can bear.
        self.ignore_environment = ignore_environment  # LUA_PATH and LUA_CPATH do not count.

    def optimise(self, text: str) -> None:
        """One or several settings, separated by commas, as after `-O`."""
        for one in text.split(","):
            if not (self._level(one) or self._flag(one) or self._parameter(one)):
                raise UnknownOption(one)

    def _level(self, text: str) -> bool:
        if len(text) != 1 or text not in "0123456789":
            return False
        self.flags = LEVELS[min(int(text), len(LEVELS) - 1)]
        return True

    def _flag(self, text: str) -> bool:
        clear = text.startswith(("-", "no"))
        name = text.removeprefix("no").removeprefix("-") if clear else text.removeprefix("+")
        if name not in FLAGS:
            return False
        self.flags = self.flags & ~FLAGS[name] if clear else self.flags | FLAGS[name]
        return True

    def _parameter(self, text: str) -> bool:
        name, equals, value = text.partition("=")
        if not equals or name not in PARAMETERS or value.strip("0123456789"):
            return False
        self.parameters[name] = int(value or 0) & 0x7FFFFFFF
        if name in ("hotloop", "hotexit"):
            self.parameters["patience"] = 0
        return True
