"""jit.attach and jit.profile: functions of the program that are told what the VM does."""

from __future__ import annotations

from ir.layout import Ptr
from ir.objects import State
from jitvm.lib.call_py import Call, Results, function
from jitvm.lib.debug_py import target_thread
from jitvm.runtime.profile import dump_stack
from jitvm.runtime.values import LuaObject


@function("jit.attach")
def jit_attach(call: Call) -> Results:
    """Without an event the handler is detached from all."""
    runtime = call.runtime
    handler = LuaObject(runtime.heap, call.function(1))
    if call.is_absent(2):
        runtime.vm_events.detach(handler)
    else:
        runtime.vm_events.attach(handler, call.c_string(2).decode("latin-1"))
    return ()


@function("jit.profile.start")
def profile_start(call: Call) -> Results:
    mode = call.c_string(1, b"").decode("latin-1")
    handler = LuaObject(call.runtime.heap, call.function(2))
    call.runtime.profiler.start(mode, handler)
    return ()


@function("jit.profile.stop")
def profile_stop(call: Call) -> Results:
    call.runtime.profiler.stop()
    return ()


@function("jit.profile.dumpstack")
def profile_dumpstack(call: Call) -> Results:
    thread, skip = target_thread(call)
    pattern, depth = call.c_string(skip + 1), call.integer(skip + 2)
    place = call.runtime.profiler.place
    pc = place[1] if place is not None and place[0] == thread.addr else 0
    return (dump_stack(call.runtime.frames, Ptr(State, thread.addr), pc, pattern, depth),)


