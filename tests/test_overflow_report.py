"""A stack overflow that nobody catches: luajit's report, with a traceback only where there is room for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import oracle, process

#: The number of arguments decides how many slots are left in the end.
PROGRAMS = {
    **{
        f"{count} arguments": f"local function f({names}) return 1 + f({names}) end\nf()"
        for count, names in ((0, ""), (1, "a"), (2, "a, b"), (3, "a, b, c"), (4, "a, b, c, d"))
    },
    "varargs": "local function f(...) return 1 + f(1, ...) end\nf()",
    "metamethod": "local t = setmetatable({}, {__index = function(t, k) return t[k + 1] end})\nprint(t[1])",
    "coroutine": "local function f() return 1 + f() end\ncoroutine.wrap(f)()",
    "wide": f"local function f(n) local {', '.join(f'v{k}' for k in range(150))} return 1 + f(n) end\nf()",
}


def report(done: process.Result) -> tuple[int, str]:
    text = re.sub(r"0x[0-9a-f]+", "ADDRESS", done.stderr)
    return done.status, re.sub(r"^\S*(luajit|jitvm): ", "", text)


@pytest.mark.oracle
@pytest.mark.parametrize("name", PROGRAMS)
def test_report(name: str, luajit: str, tmp_path: Path) -> None:
    (tmp_path / "program.lua").write_text(PROGRAMS[name])
    wanted = oracle.fresh("-joff", "program.lua", cwd=tmp_path)
    assert "stack overflow" in wanted.stderr
    assert report(process.jitvm("-joff", "program.lua", cwd=tmp_path)) == report(wanted)
