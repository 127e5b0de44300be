"""Numbers, penalties, patches, flushing."""

from __future__ import annotations

from ir.abort import TraceError
from ir.trace import Trace
from jitvm.front.bytecode import BC
from jitvm.options import Options
from jitvm.runtime.runtime import Runtime
from jitvm.trace.cache import TraceCache
from jitvm.trace.penalty import MAXIMUM, MINIMUM, Penalties
from tests.record.harness import TracingEngine
from tests.support import process

LOOP = b"local s = 0 for i = 1, 200 do s = s + i end while s > 0 do s = s - 100 end result = s"


def test_numbers_are_reused_lowest_first() -> None:
    cache = TraceCache(3)
    for number in (1, 2, 3):
        assert cache.next_number() == number
        cache.add(Trace(number))
    assert cache.next_number() is None
    cache.clear()
    assert cache.next_number() == 1


def test_penalties_double_until_blacklisted() -> None:
    penalties = Penalties()
    values = []
    while (value := penalties.add(0x1000, TraceError.LINNER)) is not None:
        values.append(value)
    assert values[0] == MINIMUM and values[-1] <= MAXIMUM
    assert all(2 * a <= b < 2 * a + 16 for a, b in zip(values, values[1:], strict=False))
    assert penalties.inner_loop_left(0x1000)
    assert not penalties.inner_loop_left(0x2000)


def test_penalties_are_the_same_for_the_same_seed() -> None:
    def sequence(seed: int) -> list[int | None]:
        penalties = Penalties(seed)
        return [penalties.add(4, TraceError.NYIBC) for _ in range(6)]

    assert sequence(1) == sequence(1) != sequence(2)


def bytecode(runtime: Runtime) -> list[bytes]:
    memory = runtime.heap.memory
    return [memory.read(p.bytecode, 4 * len(p.proto.bytecode)) for p in runtime.protos.loaded]


def test_flush_restores_the_bytecode() -> None:
    runtime = Runtime(Options(), TracingEngine())
    function = runtime.load(LOOP, b"=loop")
    before = bytecode(runtime)
    runtime.call(function)
    changed = bytecode(runtime)
    assert changed != before
    patched = {changed[-1][i] for i in range(0, len(changed[-1]), 4)}
    assert {BC.JFORL, BC.JFORI, BC.JLOOP} <= patched
    runtime.jit.flush()
    assert bytecode(runtime) == before
    assert not runtime.jit.compiler.cache.traces


def test_program_runs_on_after_a_flush() -> None:
    runtime = Runtime(Options(), TracingEngine())
    function = runtime.load(LOOP, b"=loop")
    for _ in range(3):
        runtime.call(function)
        assert runtime.values.to_python(runtime.field(runtime.heap.g.globals, b"result")) == 0.0
        runtime.jit.flush()


BLACKLISTED = """
local inner, wrong = {1, 2}, 0
local outer = {a = inner, b = inner, c = inner, d = inner, e = inner}
local function hot(...) for i = 1, 100 do end end
for i = 1, 60000 do
  hot()
  local n = 0
  for _, t in pairs(outer) do
    for _ in pairs(t) do end
    n = n + 1
  end
  if n ~= 5 then wrong = wrong + 1 end
end
print(wrong)"""


def test_a_blacklisted_pairs_loop_still_visits_all() -> None:
    """It becomes a plain generic loop; side traces of inner loops were compiled when it was none."""
    done = process.jitvm("-e", BLACKLISTED)
    assert (done.stdout, done.stderr) == ("0\n", "")
