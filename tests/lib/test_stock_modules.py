"""LuaJIT's own Lua modules, as Debian ships them, run unmodified: jit.dump, jit.v, jit.bc, jit.bcsave, jit.p.

What they print through `jit.util` is what jitvm's own listings print, but for the disassembler's manner.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.process import jitvm

MODULES = Path("/usr/share/luajit-2.1.0-beta3/jit")
PROGRAM = """\
local t, s = {}, 0
for i = 1, 100 do t[i] = i * 2 end
for i = 1, 200 do if i % 3 == 0 then s = s + t[i % 100 + 1] else s = s - 1 end end
for i = 1, 100 do t[#t + 1] = string.format("%d", i) .. "a" end
print(s)
"""

pytestmark = [
    pytest.mark.skipif(not MODULES.is_dir(), reason="LuaJIT's modules are not installed"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "loops.lua").write_text(PROGRAM)
    return tmp_path


def _run(folder: Path, *args: str) -> str:
    done = jitvm(*args, cwd=folder)
    assert (done.stderr, done.status) == ("", 0), done
    return done.stdout


@pytest.mark.parametrize("letters", ["T", "tT", "biT", "isT", "tbisrT", "xT"])
def test_dump(folder: Path, letters: str) -> None:
    start = f"require('jit.dump').start('{letters}', 'theirs.txt')"
    assert _run(folder, "-e", start, "loops.lua") == _run(folder, f"-jdump={letters},ours.txt", "loops.lua")
    theirs, ours = ((folder / name).read_text() for name in ("theirs.txt", "ours.txt"))
    spilled = re.compile(r"\[[0-9a-f]+\] ")  # Where a spill slot is counted from differs.
    if "m" in letters or letters == "T":
        theirs, ours = (re.sub(r"(?m)^[0-9a-f]{8,}  .*\n|^->LOOP:\n", "", text) for text in (theirs, ours))
    addresses = re.compile(r"0x[0-9a-f]{8,}")
    assert addresses.sub("0x", spilled.sub("[]", theirs)) == addresses.sub("0x", spilled.sub("[]", ours))


def test_machine_code(folder: Path) -> None:
    _run(folder, "-e", "require('jit.dump').start('mT', 'theirs.txt')", "loops.lua")
    listing = (folder / "theirs.txt").read_text()
    assert "->LOOP:" in listing and re.search(r"j\w+ 0x[0-9a-f]+\t->\d", listing), listing


def test_exit_registers(folder: Path) -> None:
    _run(folder, "-e", "require('jit.dump').start('XT', 'theirs.txt')", "loops.lua")
    listing = (folder / "theirs.txt").read_text()
    assert re.search(r"---- TRACE \d+ exit \d+\n( [0-9a-f]{16}){4}\n", listing), listing


def test_verbose(folder: Path) -> None:
    _run(folder, "-e", "require('jit.v').start('theirs.txt')", "loops.lua")
    _run(folder, "-jv=ours.txt", "loops.lua")
    assert (folder / "theirs.txt").read_text() == (folder / "ours.txt").read_text() != ""


def test_bytecode(folder: Path) -> None:
    save = "require('jit.bcsave').start('-l', 'loops.lua')"
    assert _run(folder, "-e", save) == _run(folder, "-bl", "loops.lua")
    _run(folder, "-jbc=theirs.txt", "loops.lua")
    assert (folder / "theirs.txt").read_text() == _run(folder, "-bl", "loops.lua")


def test_profile(folder: Path) -> None:
    """Samples arrive, also from compiled code, with the names of functions."""
    (folder / "busy.lua").write_text(
        "local p, samples = require('jit.profile'), {}\n"
        "p.start('li5', function(thread, count, state)\n"
        "  local where = p.dumpstack(thread, 'f', 1) samples[where] = (samples[where] or 0) + count\n"
        "end)\n"
        "local function busy() local s = 0 for i = 1, 2e8 do s = s + i % 7 end return s end\n"
        "busy() p.stop() print((samples.busy or 0) > 10)\n"
    )
    assert _run(folder, "busy.lua") == "true\n"


def test_profile_while_recording(folder: Path) -> None:
    """A sample that falls into a recording does not keep a bytecode from it."""
    (folder / "many.lua").write_text(
        "require('jit.profile').start('i1', function() end)\n"
        "local total = 0\n"
        "for n = 1, 60 do\n"
        "  local f = loadstring('local s = 0 for i = 1, 300 do s = s + i % ' .. n .. ' end return s')\n"
        "  for k = 1, 30 do total = total + f() end\n"
        "end\n"
        "print(total)\n"
    )
    assert _run(folder, "many.lua") == _run(folder, "-joff", "many.lua")


def test_handler_that_fails(folder: Path) -> None:
    """Its error is reported; the program goes on."""
    (folder / "bad.lua").write_text(
        "jit.attach(function(what) if what == 'start' then error('oops', 0) end end, 'trace')\n" + PROGRAM
    )
    done = jitvm("bad.lua", cwd=folder)
    assert done.status == 0 and done.stdout == jitvm("loops.lua", cwd=folder).stdout
    assert set(done.stderr.splitlines()) == {"VM handler failed: oops"}, done
