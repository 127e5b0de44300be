"""Prototypes that no function has any more make room for others."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from jitvm.front.errors import LuaError
from jitvm.options import Options
from jitvm.runtime.protos import SWEEP_FROM, rounded_size
from jitvm.runtime.runtime import Runtime

LOOP = b"local function f(x) return x * 2 end local s = 0 for i = 1, 300 do s = s + f(i) end return s"


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    made = Runtime(Options())
    yield made
    made.close()
    gc.collect()
    made.release()


def test_dead_ones_go_and_others_take_their_place(runtime: Runtime) -> None:
    before = len(runtime.protos.loaded)
    kept = runtime.load(b"return function() return 'kept' end", b"=kept")
    inner = runtime.call(kept)[0]
    dead = runtime.load(b"local t = nil return function() return t.field end", b"=dead")
    address = runtime.protos.loaded[-1].address
    del dead, kept
    gc.collect()
    runtime.free_protos()
    names = [one.proto.chunkname for one in runtime.protos.loaded[before:]]
    assert names == [b"=kept"], "the main chunk has ended, the function it returned is held"
    again = runtime.load(b"local u = nil return function() return u.other end", b"=again")
    assert runtime.protos.loaded[-1].address == address
    with pytest.raises(LuaError, match="again:1: attempt to index upvalue 'u'"):
        runtime.call(runtime.call(again)[0])  # type: ignore[arg-type]
    assert runtime.call(inner) == [b"kept"]  # type: ignore[arg-type]


def test_positions_are_found_by_address(runtime: Runtime) -> None:
    functions = [runtime.load(b"\n" * n + b"return 1", b"=%d" % n) for n in range(20)]
    del functions[::2]
    gc.collect()
    runtime.free_protos()
    for one in runtime.protos.loaded:
        assert runtime.protos.of_pc(one.bytecode) is one
        assert runtime.protos.at(one.address) is one
    names = [one.proto.chunkname for one in runtime.protos.loaded[-10:]]
    assert names == [b"=%d" % n for n in range(1, 20, 2)]


def test_traces_keep_what_they_start_at(runtime: Runtime) -> None:
    chunk = runtime.load(LOOP, b"=loop")
    assert runtime.call(chunk) == [90300]
    count = len(runtime.protos.loaded)
    del chunk
    gc.collect()
    runtime.free_protos()
    assert runtime.jit.start_protos()
    assert len(runtime.protos.loaded) == count
    runtime.flush_traces()
    runtime.free_protos()
    assert len(runtime.protos.loaded) == count - 2
    assert runtime.call(runtime.load(LOOP, b"=loop")) == [90300]


def test_loading_frees(runtime: Runtime) -> None:
    source = b"return {" + b"f()," * 400 + b"}"
    top = runtime.heap.g.code_top
    for _ in range(3 * SWEEP_FROM // (8 * 400)):
        runtime.load(source, b"=list")
    assert runtime.heap.g.code_top - top < 2 * SWEEP_FROM


def test_sizes() -> None:
    sizes = {1: 16, 16: 16, 17: 32, 512: 512, 513: 576, 1000: 1024, 1025: 1152}
    assert {size: rounded_size(size) for size in sizes} == sizes
    assert all(size <= rounded_size(size) <= max(size + 15, size * 9 // 8) for size in range(1, 5000))
