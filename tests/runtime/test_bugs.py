"""A bug of ours in an upcall ends the program at once: no pcall sees it, and it keeps its traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from jitvm.front.errors import LuaError
from jitvm.options import Options
from jitvm.runtime.runtime import Runtime
from jitvm.runtime.upcalls import Upcall
from tests.support.process import run

LOOP = "for i = 1, 1e9 do local t = {}; t.x = i end"
TRIGGERS = {
    Upcall.HOTLOOP: LOOP,
    Upcall.HOTCALL: "local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end f(200)",
    Upcall.RECORD: LOOP,
    Upcall.HOTEXIT: "local n = 0 for i = 1, 1e9 do if i % 2 == 0 then n = n + 1 else n = n - 1 end end",
    Upcall.BUILTIN: "while true do os.getenv('HOME') end",
    Upcall.ERROR: "while true do pcall(function() return nil + 1 end) end",
}


class Bug(Exception):
    """Not an error of Lua."""


@pytest.mark.parametrize("upcall", TRIGGERS, ids=lambda upcall: upcall.name)
@pytest.mark.parametrize("form", ["%s", "while true do pcall(function() %s end) end",
                                  "while true do xpcall(function() %s end, function() return 1 end) end",
                                  "while true do coroutine.resume(coroutine.create(function() %s end)) end"])
def test_bug_ends_the_program(upcall: Upcall, form: str) -> None:
    runtime = Runtime(Options())
    runtime._upcalls[int(upcall)] = _fail
    chunk = runtime.load((form % TRIGGERS[upcall]).encode(), b"=test")
    with pytest.raises(Bug, match="planted"):
        runtime.call(chunk)


def test_runtime_goes_on_after_a_bug() -> None:
    """Whoever catches it can use the runtime again."""
    runtime = Runtime(Options())
    kept = runtime._upcalls[int(Upcall.HOTLOOP)]
    runtime._upcalls[int(Upcall.HOTLOOP)] = _fail
    with pytest.raises(Bug):
        runtime.call(runtime.load(b"for i = 1, 1000 do end", b"=test"))
    runtime._upcalls[int(Upcall.HOTLOOP)] = kept
    chunk = runtime.load(b"local n = 0 for i = 1, 1000 do n = n + i end return n", b"=test")
    assert runtime.call(chunk) == [500500]
    with pytest.raises(LuaError, match="mine"):
        runtime.call(runtime.load(b"error('mine')", b"=test"))


BROKEN = """
import sys
from jitvm import cli
from jitvm.runtime.runtime import Runtime
Runtime._make_error = lambda *_: 1 // 0
sys.exit(cli.main(["jitvm", sys.argv[1]]))
"""


def test_command_reports_a_bug(tmp_path: Path) -> None:
    """With a message, a traceback, what the program had printed, and exit status 1."""
    script = tmp_path / "script.lua"
    script.write_text("print('before') print(pcall(function() return nil + 1 end)) print('after')")
    done = run([sys.executable, "-c", BROKEN, str(script)])
    assert done.status == 1
    assert done.stdout == "before\n"
    assert done.stderr.startswith("jitvm: internal error")
    assert "Traceback" in done.stderr and "ZeroDivisionError" in done.stderr


def _fail(*_: int) -> int:
    raise Bug("planted")
