"""Several runtimes in one process: each has its heap, and they run in threads at the same time."""

from __future__ import annotations

import threading

from jitvm.front.errors import LuaError
from jitvm.options import Options
from jitvm.runtime.runtime import Runtime

PROGRAM = b"""
local n = ...
local kept, sum = {}, 0
for i = 1, n do
  kept[i % 50] = ("item %d"):format(i)
  sum = sum + i % 7 + #kept[i % 50]
end
local ok, message = pcall(error, {n})
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
return sum, message[1], co() + co(), select(2, pcall(function() return nil + 1 end))
"""
COUNT = 20_000
MESSAGE = b"many:10: attempt to perform arithmetic on a nil value"


def expected(n: int) -> list[object]:
    return [sum(i % 7 + len(f"item {i}") for i in range(1, n + 1)), n, 3, MESSAGE]


def test_taking_turns() -> None:
    runtimes = [Runtime(Options()) for _ in range(3)]
    functions = [runtime.load(PROGRAM, b"=many") for runtime in runtimes]
    for n in (10, 300):
        for runtime, function in zip(runtimes, functions, strict=True):
            assert runtime.call(function, n) == expected(n)
    for runtime in runtimes:
        runtime.close()


def test_at_the_same_time() -> None:
    results: dict[int, object] = {}

    def run(number: int) -> None:
        try:
            runtime = Runtime(Options())
            results[number] = runtime.call(runtime.load(PROGRAM, b"=many"), COUNT + number)
            runtime.close()
        except (LuaError, AssertionError) as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {number: expected(COUNT + number) for number in range(3)}
