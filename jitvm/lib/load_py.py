"""Loading programs, and dumping them: load, loadstring, loadfile, dofile, string.dump.

What a chunk is made of does not matter here: `front/program.py` tells bytecode from text.
"""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import GCfunc
from jitvm.front.errors import LuaError
from jitvm.front.program import BYTECODE, read_program
from jitvm.lib.buffer_py import buffer_bytes
from jitvm.lib.call_py import Call, Results, Slot, function
from jitvm.runtime.protos import PROTO_SIZE
from jitvm.runtime.value import NIL, POINTER
from jitvm.runtime.values import (
    KIND_STR,
    KIND_TAB,
    NUMBER_FROM,
    LuaObject,
    format_number,
    kind_of,
    number_of,
)

ANY_MODE = b"bt"
#: Bytes and pieces that are looked at before all are there.
LOOKED_AT = 64
EOF = b"'<eof>'"


@function("loadstring")
def base_loadstring(call: Call) -> Results:
    return base_load(call)


@function("load")
def base_load(call: Call) -> Results:
    """A function of a string, or of the pieces that a function returns."""
    kind = kind_of(call.bits(1))
    name, mode = call.string(2, b"=(load)"), call.c_string(3, ANY_MODE)
    if kind == KIND_STR or (kind >= NUMBER_FROM and call.count):
        source = call.string(1)
        return _load(call, source, call.string(2, source), mode, 4)
    held = buffer_bytes(call.runtime, call.bits(1))
    if held is not None:
        return _load(call, held, call.string(2, b""), mode, 4)
    reader = call.function(1)
    try:
        source = b"".join(_pieces(call, reader))
    except LuaError as error:
        call.runtime.raised.forget()
        return None, Slot(call.runtime.values.from_python(_told(error)))
    return _load(call, source, name, mode, 4)


def _told(error: LuaError) -> object:
    """What a reader fails with, after the message handler below: that of the main chunk adds a traceback."""
    if isinstance(error.value, bytes) and error.traceback:
        return error.value + b"\n" + error.traceback
    return error.value


def _pieces(call: Call, reader: int) -> list[bytes]:
    """All a reader function returns, up to nil or an empty string.

    A program that is wrong from the beginning is not read to its end, as luajit reads while it parses."""
    pieces: list[bytes] = []
    while True:
        results = call.runtime.call_bits(reader, [])
        if not results or results[0] == NIL:
            return pieces
        kind = kind_of(results[0])
        if kind == KIND_STR:
            piece = call.runtime.values.text(results[0])
        elif kind >= NUMBER_FROM:
            piece = format_number(number_of(results[0]))
        else:
            raise call.runtime.raised.kept(call.thread, call.error(b"reader function must return a string"))
        if not piece:
            return pieces
        pieces.append(piece)
        if len(pieces) <= LOOKED_AT and _is_wrong(b"".join(pieces)):
            return pieces


def _is_wrong(text: bytes) -> bool:
    """Will nothing that may follow make a program of it?  Its last character may belong to a longer token."""
    if len(text) > LOOKED_AT or text[:1] == BYTECODE:
        return False
    complaint = _complaint(text)
    return complaint is not None and complaint == _complaint(text[:-1])


def _complaint(text: bytes) -> bytes | None:
    """What is wrong at some token; None if nothing is, or more has to come."""
    try:
        read_program(text, b"=")
    except LuaError as error:
        return error.message if b" near '" in error.message and not error.message.endswith(EOF) else None
    return None


def _load(call: Call, source: bytes, name: bytes, mode: bytes, env: int) -> Results:
    try:
        loaded = call.runtime.load_bits(source, name.partition(b"\0")[0], mode)  # The name is a C string.
    except LuaError as error:
        return None, Slot(call.runtime.values.from_python(error.value))
    _set_environment(call, loaded, env)
    return (Slot(loaded),)


def _set_environment(call: Call, loaded: int, env: int) -> None:
    if kind_of(call.bits(env)) == KIND_TAB:
        call.runtime.set_environment(loaded, call.bits(env))


@function("loadfile")
def base_loadfile(call: Call) -> Results:
    name, mode = None if call.is_absent(1) else call.c_string(1), call.c_string(2, ANY_MODE)
    try:
        loaded = load_file(call, name, mode)
    except LuaError as error:
        return None, Slot(call.runtime.values.from_python(error.value))
    _set_environment(call, loaded.bits, 3)
    return (loaded,)


@function("dofile")
def base_dofile(call: Call) -> Results:
    loaded = load_file(call, call.c_string(1) if not call.is_absent(1) else None)
    return [Slot(bits) for bits in call.runtime.call_bits(loaded.bits, [])]


def load_file(call: Call, name: bytes | None, mode: bytes = ANY_MODE) -> LuaObject:
    """The function of a file's chunk, or of standard input's."""
    from jitvm.runtime.files import read_chunk

    source, chunkname = read_chunk(name)
    return call.runtime.load(source, chunkname, mode)


@function("string.dump")
def string_dump(call: Call) -> Results:
    """The bytecode of a Lua function; with a true second argument without debug information."""
    from jitvm.front.dump import dump

    fn = Ptr(GCfunc, call.function(1) & POINTER)
    if fn.ffid != 0:
        raise call.error(b"unable to dump given function")
    loaded = call.runtime.protos.at(fn.pc.addr - PROTO_SIZE)
    return (dump(loaded.proto, strip=call.is_true(2)),)
