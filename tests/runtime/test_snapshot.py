"""A new runtime's heap: restored from a snapshot it is what it would be if made anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jitvm.native import cache, image
from jitvm.runtime import snapshot
from tests.support.process import ROOT

#: Where an image is, and a checksum of its code.
IMAGE = 64, b"code"
#: What a process does with the snapshot it finds; `made` and `restored` tell how the heap came about.
COMPARE = """
from jitvm.native import image
from jitvm.runtime.runtime import Runtime
from jitvm.runtime.snapshot import take
from x64.area import Area

def runtime(use):
    made = Runtime()
    assert (made.heap.saved is not None) == use, use
    return made

kept, real = [], image.load
image.keep_heap = kept.append

def load(area=None):
    loaded = real(area)
    loaded.heap = kept[0] if kept else None
    return loaded

image.load = load
first = runtime(False)
assert len(kept) == 1
before = take(first, first.engine.image.identity)
first.heap.close()
first.engine.image.area.close()
second = runtime(True)
after = take(second, second.engine.image.identity)
assert [run[0] for run in before[4]] == [run[0] for run in after[4]]
upcall = second.heap.g.ref("upcall").addr
for (address, old), (_, new) in zip(before[4], after[4]):
    different = {address + at & ~7 for at in range(len(old)) if old[at] != new[at]}
    assert different <= {upcall}, [hex(at) for at in different]
assert before[5:] == after[5:]
print("the same")
"""


def run(code: str, **environment: str) -> str:
    command = [sys.executable, "-c", code]
    variables = {**os.environ, **environment}
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_restored_is_as_made() -> None:
    assert run(COMPARE) == "the same\n"


def test_used_at_the_next_start(tmp_path: Path) -> None:
    """Also what Python knows: functions written in Python and in Lua, hidden ones."""
    key, heap_key = image.keys()
    kept = (key, image.find(key).plain())
    assert cache.write(str(tmp_path / "jitvm" / f"image-{key}"), kept)
    code = """
from jitvm.runtime.runtime import Runtime
rt = Runtime()
chunk = b"print(math.deg(math.pi), ('x'):rep(3), select('#', 1, 2)) for _, v in ipairs({7}) do print(v) end"
rt.call(rt.load(chunk, b"=x"))
other = Runtime()
other.call(other.load(b"print(string.format('%5.1f', 2))", b"=y"))
rt.close(), other.close()
print(rt.heap.saved is not None, other.heap.saved is not None)
"""
    wanted = "180\txxx\t2\n7\n  2.0\n"
    first = run(code, XDG_CACHE_HOME=str(tmp_path))
    assert sorted(first.split("\n")) == sorted((wanted + "False False\n").split("\n"))
    second = run(code, XDG_CACHE_HOME=str(tmp_path))
    assert sorted(second.split("\n")) == sorted((wanted + "True False\n").split("\n"))
    heap = tmp_path / "jitvm" / f"heap-{heap_key}"
    heap.write_bytes(b"damaged")
    assert run(code, XDG_CACHE_HOME=str(tmp_path)) == first
    _, saved = cache.read(str(heap))
    of_another_image = (*saved[:3], (saved[3][0], b"another"), *saved[4:])
    assert cache.write(str(heap), (heap_key, of_another_image))
    assert run(code, XDG_CACHE_HOME=str(tmp_path)) == first
    assert cache.read(str(heap))[1][3] == saved[3], "it has been replaced by a snapshot that fits"


@pytest.mark.parametrize("saved", [None, (), (0, 1, 2, 3), "x", (snapshot.FORMAT, 16, 32, (65, b"code"))])
def test_fits_nowhere_else(saved: object) -> None:
    assert not snapshot.fits(saved, 16, 32, IMAGE)
    assert snapshot.fits((snapshot.FORMAT, 16, 32, IMAGE, "more"), 16, 32, IMAGE)
    assert not snapshot.fits((snapshot.FORMAT, 16, 32, (64, b"other"), "more"), 16, 32, IMAGE)


def test_none_where_the_environment_matters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUA_PATH", "./?.lua")
    assert not snapshot.fits((snapshot.FORMAT, 16, 32, IMAGE, "more"), 16, 32, IMAGE)
