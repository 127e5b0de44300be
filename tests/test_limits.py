"""Limits of the trace compiler: whatever does not fit, the program goes on, with the right result."""

from __future__ import annotations

import pytest

from jitvm.options import Options
from jitvm.runtime.runtime import Runtime
from jitvm.trace.events import Listener, Place

MANY_LOOPS = "local x = 0\n" + "\n".join(
    f"for i = 1, 30 do x = x + i * {k} % 7 + math.floor(i / {k}) end" for k in range(1, 60)
) + "\nreturn x"  # fmt: skip
#: A compiled loop that runs while its side traces, and the loops it calls, use up the room.
RUNNING = "local fs = {}\n" + "\n".join(
    f"fs[{k}] = function(x) for i = 1, 9 do if i % 3 == 0 then x = x + {k} end x = x - 1 end return x end"
    for k in range(1, 25)
) + """
local n = 0
for round = 1, 40 do
    for k = 1, #fs do n = fs[k](n) % 1000003 end
    if round % 3 == 0 then n = n + 1 elseif round % 5 == 0 then n = n + 2 end
end
return n"""  # fmt: skip
SCRIPTS = {"many loops": MANY_LOOPS, "running": RUNNING}
LIMITS = (
    "maxmcode=0",
    "sizemcode=1,maxmcode=2",
    "sizemcode=4,maxmcode=4",
    "maxtrace=0",
    "maxtrace=1",
    "maxtrace=3",
    "maxside=0",
    "maxside=1",
    "maxsnap=1",
    "maxsnap=3",
    "maxrecord=0",
    "maxrecord=12",
    "maxirconst=5",
    "minstitch=3",
    "tryside=0",
    "callunroll=0,loopunroll=0,instunroll=0,recunroll=0",
)


def run(script: str, *settings: str, jit: bool = True) -> list[object]:
    options = Options(jit=jit)
    for setting in settings:
        options.optimise(setting)
    runtime = Runtime(options)
    return runtime.call(runtime.load(SCRIPTS[script].encode(), b"=limits"))


@pytest.mark.parametrize("hot", ["hotloop=56", "hotloop=2,hotexit=1"])
@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_results_are_right(script: str, limit: str, hot: str) -> None:
    assert run(script, limit, hot) == run(script, jit=False)


class Flushes(Listener):
    """Counts what happens."""

    def __init__(self) -> None:
        self.starts = self.flushes = 0

    def start(self, view: object, trace: object, place: Place) -> None:
        self.starts += 1

    def flush(self) -> None:
        self.flushes += 1


def test_crowded_program_does_not_compile_all_the_time() -> None:
    """Nothing fits: after a few attempts, hot loops are ignored for ever longer."""
    options = Options()
    options.optimise("maxmcode=0,hotloop=1")
    runtime = Runtime(options)
    seen = Flushes()
    runtime.bus.listen(seen)
    source = b"local x = 0 for i = 1, 2000 do for j = 1, 20 do x = x + j end end return x"
    assert runtime.call(runtime.load(source, b"=crowded")) == [420000]
    assert 4 <= seen.flushes <= seen.starts < 40


#: Its inner exit is taken 90 times in a trace that is compiled after the parameters have been set.
SETS_HOTEXIT = b"""
for i = 1, 100 do end
jit.opt.start(...)
local x = 0
for i = 1, 1000 do if i % 10 == 0 then x = x + 2 else x = x + 1 end end
return x
"""


@pytest.mark.parametrize(("hotexit", "traces"), [("hotexit=10", 3), ("hotexit=500", 2)])
def test_hotexit_set_by_the_program_counts(hotexit: str, traces: int) -> None:
    runtime = Runtime(Options())
    seen = Flushes()
    runtime.bus.listen(seen)
    assert runtime.call(runtime.load(SETS_HOTEXIT, b"=sets"), hotexit.encode()) == [1100]
    assert seen.starts == traces
