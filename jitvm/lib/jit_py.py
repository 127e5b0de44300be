"""jit.*: control of the compiler from Lua."""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import GCfunc, GCproto
from jitvm.front.errors import LuaError
from jitvm.front.proto import ProtoFlag
from jitvm.lib.call_py import Call, Results, function
from jitvm.lib.table import CONSTANTS
from jitvm.options import FLAGS, UnknownOption
from jitvm.runtime.value import NIL, POINTER, TRUE
from jitvm.runtime.values import KIND_FUNC, NUMBER_FROM, kind_of

CONSTANTS["jit.version"] = b"LuaJIT 2.1.0-beta3"
CONSTANTS["jit.version_num"] = 20100.0
CONSTANTS["jit.os"] = b"Linux"
CONSTANTS["jit.arch"] = b"x64"
PROTO_SIZE = GCproto.sizeof()
NO_JIT = ProtoFlag.NOJIT
#: What `jit.status` reports of the machine; every x86-64 has at least these.
CPU = (b"SSE3", b"SSE4.1", b"BMI2")


def _set_engine(call: Call, on: int) -> None:
    call.runtime.options.jit = bool(on)
    call.runtime.apply_options()


def _set_mode(call: Call, on: int) -> Results:
    """With no argument for the engine, else for a function (`true`: the caller); `true`: its children too."""
    if call.bits(1) == NIL:
        _set_engine(call, on)
        return ()
    which = call.bits(2)
    for proto in _protos(call, which == TRUE, which == NIL or which == TRUE):
        _set_proto(Ptr(GCproto, proto), on)
    return ()


def _protos(call: Call, with_children: int, with_itself: int) -> list[int]:
    bits = call.bits(1)
    if bits == TRUE:
        frames = list(call.runtime.frames.walk(call.thread, 0))
        function_address = frames[1].function if len(frames) > 1 else 0
    elif kind_of(bits) == KIND_FUNC:
        function_address = bits & POINTER
    else:
        raise call.wrong(1, b"function")
    fn = Ptr(GCfunc, function_address)
    if not function_address or fn.ffid != 0:
        raise call.wrong(1, b"function")
    found = [fn.pc.addr - PROTO_SIZE] if with_itself else []
    if with_children or not with_itself:
        found += _children(fn.pc.addr - PROTO_SIZE)
    return found


def _children(proto: int) -> list[int]:
    pt = Ptr(GCproto, proto)
    found = []
    for index in range(pt.sizekgc):
        constant = pt.k[-1 - index]
        if constant and Ptr(GCproto, constant).gct == Ptr(GCproto, proto).gct:
            found += [constant, *_children(constant)]
    return found


def _set_proto(pt: Ptr, on: int) -> None:
    pt.protoflags = pt.protoflags & ~NO_JIT if on else pt.protoflags | NO_JIT


@function("jit.on")
def jit_on(call: Call) -> Results:
    return _set_mode(call, 1)


@function("jit.off")
def jit_off(call: Call) -> Results:
    return _set_mode(call, 0)


@function("jit.flush")
def jit_flush(call: Call) -> Results:
    runtime = call.runtime
    one, protos = kind_of(call.bits(1)) >= NUMBER_FROM, []
    if not one and call.bits(1) != NIL:
        protos = _protos(call, int(call.bits(2) == TRUE), 1)
    if call.bits(1) == NIL:
        runtime.flush_traces()
    if not runtime.has_jit:
        return ()
    if one:
        runtime.jit.flush_trace(call.integer(1))
    for proto in protos:
        runtime.jit.flush_proto(proto)
    return ()


@function("jit.status")
def jit_status(call: Call) -> Results:
    options = call.runtime.options
    names = [name.encode() for name, flag in FLAGS.items() if options.flags & flag]
    return (options.jit, *CPU, *names)


@function("jit.opt.start")
def jit_opt_start(call: Call) -> Results:
    options = call.runtime.options
    for number in range(1, call.count + 1):
        text = call.c_string(number).decode("latin-1")
        try:
            options.optimise(text)
        except UnknownOption as error:
            shown = str(error).encode("latin-1")
            raise LuaError(
                call.runtime.messages.caller_where(call.thread)
                + b"unknown or malformed optimization flag '"
                + shown
                + b"'"
            ) from None
    call.runtime.apply_options()
    return ()


@function("jit.security")
def jit_security(call: Call) -> Results:
    return (call.option(1, {b"prng": 1, b"strhash": 1, b"strid": 1, b"mcode": 1}),)
