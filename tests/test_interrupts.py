"""Stopping programs: any loop ends at once, and its variables are in order.

In-process, `Runtime.interrupt` from a timer thread; as a process, SIGINT.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from jitvm.front.errors import LuaError
from jitvm.options import Options
from jitvm.runtime.runtime import Runtime
from tests.support import modes, process

MODES = {
    "default": (),
    "interp": ("off",),
    "hot": ("hotloop=1", "hotexit=1"),
    "O0": ("0",),
    "-loop": ("-loop", "hotloop=2"),
    "-sink": ("-sink", "hotloop=2"),
}
PROMPTLY = 0.2
#: A loaded machine, and the end of the process, come on top of the promised time.
GRACE = 0.6
#: Seconds of computing after which a process is sure to be in its loop.
WARM = 0.6


def runtime_of(setting: str) -> Runtime:
    options = Options()
    for option in MODES[setting]:
        if option == "off":
            options.jit = False
        else:
            options.optimise(option)
    return Runtime(options)


ENDLESS = {
    "while": "while true do end",
    "for": "for i = 1, 1e15 do end",
    "for down": "for i = -1, -1e15, -1 do end",
    "repeat": "local i = 0 repeat i = i + 1 until i < 0",
    "goto": "::a:: goto a",
    "goto and branch": "local i = 0 ::a:: i = i + 1 if i % 3 == 0 then goto a end goto a",
    "tail calls": "local function f(n) return f(n + 1) end f(1)",
    "calls": """local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end
        while true do f(80) end""",
    "nested": "while true do for i = 1, 100 do for j = 1, 7 do end end end",
    "side traces": """local a, b, c = 0, 0, 0
        for i = 1, 1e15 do
            if i % 2 == 0 then a = a + 1 elseif i % 3 == 0 then b = b + 1 else c = c + 1 end
        end""",
    "pairs": "local t = {1, 2, 3, x = 1} while true do for k, v in pairs(t) do end end",
    "iterator": "local function it(s, i) return i + 1 end for i in it, nil, 0 do end",
    "long body": "local x = 0 while true do " + "x = x * 0.5 + 1 " * 60 + "end",
    "strings": "local s while true do s = string.rep('x', 1000) .. 'y' end",
    "tables": "local t while true do t = {1, {2}, x = 3} end",
    "errors": "while true do pcall(error, 'x') end",
    "library": "local t = {} while true do t[1] = tostring(#t) .. select('#', 1, 2) end",
    "stitched": "local t = {} while true do t[1] = tostring(print) end",
    "closures": "local x while true do x = function() return x end end",
    "varargs": "local function f(...) return select('#', ...) end while true do f(1, 2, 3) end",
}


@pytest.mark.parametrize("setting", MODES)
@pytest.mark.parametrize("loop", ENDLESS)
def test_every_loop_ends(loop: str, setting: str) -> None:
    runtime = runtime_of(setting)
    function = runtime.load(ENDLESS[loop].encode(), b"=loop")
    asked = 0.0

    def interrupt() -> None:
        nonlocal asked
        asked = time.monotonic()
        runtime.interrupt()

    threading.Timer(0.1, interrupt).start()
    with pytest.raises(LuaError) as caught:
        runtime.call(function)
    assert time.monotonic() - asked < PROMPTLY + GRACE
    assert caught.value.message.startswith(b"loop:") and caught.value.message.endswith(b": interrupted!")
    after = runtime.load(b"local s = 0 for i = 1, 1000 do s = s + i end return s", b"=after")
    assert runtime.call(after) == [500500]


#: Each returns a function that gives true if the interrupted loop left its variables in order.
CONSISTENT = {
    "locals": """local a, b, s = 0, 0, 0.5
        check = function() return a + b == 0 and s == 0.5 + a * 0.5 end
        while true do a = a + 1; b = b - 1; s = s + 0.5 end""",
    "table": """local a, t = 0, {0}
        check = function() return t[1] == a end
        while true do a = a + 1; t[1] = a end""",
    "branches": """local a, b, c, i = 0, 0, 0, 0
        check = function() return a + b + c == i and a == math.floor(i / 2) end
        for k = 1, 1e15 do
            if k % 2 == 0 then a = a + 1 elseif k % 3 == 0 then b = b + 1 else c = c + 1 end
            i = k
        end""",
    "nested": """local n, m = 0, 0
        check = function() local d = n - 10 * m return d >= 0 and d <= 10 end
        while true do for i = 1, 10 do n = n + 1 end m = m + 1 end""",
    "sunk tables": """local p, n = {x = 0, y = 0}, 0
        check = function() return p.x == n and p.y == -n end
        while true do p = {x = p.x + 1, y = p.y - 1}; n = n + 1 end""",
    "last value": """local last, n = 0, 0
        check = function() return last == n * 2 end
        while true do n = n + 1; last = n * 2 end""",
    "many": "local " + ", ".join(f"v{i}" for i in range(30)) + " = " + ", ".join(map(str, range(30))) + """
        check = function() return """ + " and ".join(f"v{i} == v0 + {i}" for i in range(1, 30)) + """ end
        while true do """ + " ".join(f"v{i} = v{i} + 1" for i in range(30)) + " end",
    "recursion": """local n, m = 0, 0
        check = function() return n >= m and n - m <= 11 end
        local function f(d) n = n + 1 if d > 0 then f(d - 1) end m = m + 1 end
        while true do f(10) end""",
}  # fmt: skip


@pytest.mark.parametrize("setting", MODES)
@pytest.mark.parametrize("loop", CONSISTENT)
def test_variables_are_consistent(loop: str, setting: str) -> None:
    """Interrupted again and again, at any moment: while it is interpreted, recorded, compiled, and run."""
    runtime = runtime_of(setting)
    dice = random.Random(f"{loop} {setting}")
    source = f"""local check = function() return true end
        local ok, reason = pcall(function() {CONSISTENT[loop]} end)
        return check(), reason"""
    function = runtime.load(source.encode(), b"=loop")
    for turn in range(12):
        if turn % 4 == 3 and runtime.has_jit:
            runtime.jit.flush()
        timer = threading.Timer(dice.random() ** 2 * 0.06 + 0.001, runtime.interrupt)
        timer.start()
        try:
            fine, reason = runtime.call(function)
        except LuaError as error:
            fine, reason = True, error.value  # Before or after the loop.
        timer.join()
        assert isinstance(reason, bytes) and reason.endswith(b": interrupted!"), reason
        assert fine is True, (turn, reason)


def start(*args: str) -> subprocess.Popen[str]:
    """A process that is busy with its loop."""
    running = subprocess.Popen(
        [sys.executable, "-m", "jitvm", *args],
        cwd=process.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while cpu_seconds(running.pid) < WARM:
        time.sleep(0.02)
        assert running.poll() is None
    return running


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize("way", modes.FAST, ids=[way.name for way in modes.FAST])
def test_signal(way: modes.Mode) -> None:
    with start(*way.flags, "-e", "\nlocal function f()\n while true do end\nend\nf()") as running:
        asked = time.monotonic()
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=10)
        assert time.monotonic() - asked < PROMPTLY + GRACE
    assert running.returncode == 1
    lines = errors.split("\n")
    assert lines[:-2] == [
        "jitvm: (command line):3: interrupted!",
        "stack traceback:",
        "\t(command line):3: in function 'f'",
        "\t(command line):5: in main chunk",
    ]


def test_error_can_be_caught() -> None:
    code = "print(pcall(function() while true do end end)) os.exit(7)"
    with start("-e", code) as running:
        running.send_signal(signal.SIGINT)
        said, errors = running.communicate(timeout=10)
    assert (said, errors, running.returncode) == ("false\t(command line):1: interrupted!\n", "", 7)


def test_second_signal_ends_the_process() -> None:
    """As with luajit: the first one has restored the signal's default action."""
    with start("-e", "while true do pcall(function() while true do end end) end") as running:
        running.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert running.poll() is None
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=10)
    assert running.returncode == -signal.SIGINT
