"""The base library's functions that are no hot path: output, loading, errors."""

from __future__ import annotations

from jitvm.front.errors import LuaError, LuaSyntaxError
from jitvm.lib.call_py import Call, Results, Slot, function
from jitvm.runtime.value import NIL
from jitvm.runtime.values import KIND_FUNC, KIND_STR, KIND_TAB, NUMBER_FROM, LuaObject, kind_of


@function("error")
def base_error(call: Call) -> Results:
    level = call.integer(2, 1)
    bits = call.bits(1)
    if level > 0 and (kind_of(bits) == KIND_STR or kind_of(bits) >= NUMBER_FROM):
        raise LuaError(call.runtime.messages.caller_where(call.thread, level) + call.string(1))
    raise LuaError(call.runtime.values.to_python(bits))


def _as_header(call: Call) -> Results:
    raise AssertionError("this function is a handler (interp/protected.py)")


function("pcall")(_as_header)
function("xpcall")(_as_header)


# Loading.


@function("loadstring")
def base_loadstring(call: Call) -> Results:
    source = call.string(1)
    return _load(call, source, call.string(2, source))


@function("load")
def base_load(call: Call) -> Results:
    bits = call.bits(1)
    if kind_of(bits) == KIND_FUNC:
        pieces = []
        while True:
            results = call.runtime.call_bits(bits, [])
            if not results or results[0] == NIL:
                break
            if kind_of(results[0]) != KIND_STR:
                raise LuaError(b"reader function must return a string")
            piece = call.runtime.values.text(results[0])
            if not piece:
                break
            pieces.append(piece)
        return _load(call, b"".join(pieces), call.string(2, b"=(load)"), 4)
    source = call.string(1)
    return _load(call, source, call.string(2, source), 4)


def _load(call: Call, source: bytes, name: bytes, env: int = 0) -> Results:
    try:
        loaded = call.runtime.load(source, name)
    except LuaSyntaxError as error:
        return None, error.message
    if env and call.count >= env and kind_of(call.bits(env)) == KIND_TAB:
        call.runtime.set_environment(loaded, call.bits(env))
    return (loaded,)


@function("loadfile")
def base_loadfile(call: Call) -> Results:
    try:
        return (load_file(call, call.string(1) if not call.is_absent(1) else None),)
    except LuaError as error:
        return None, error.message


@function("dofile")
def base_dofile(call: Call) -> Results:
    loaded = load_file(call, call.string(1) if not call.is_absent(1) else None)
    return [Slot(bits) for bits in call.runtime.call_bits(loaded.bits, [])]


def load_file(call: Call, name: bytes | None) -> LuaObject:
    """The function of a file's chunk, or of standard input's."""
    from jitvm.runtime.files import read_chunk

    source, chunkname = read_chunk(name)
    return call.runtime.load(source, chunkname)
