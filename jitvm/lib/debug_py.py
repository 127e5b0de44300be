"""debug.*: frames, variables and functions, looked at from the program; and the environments of functions.

Levels count as in LuaJIT: 0 is the running library function, 1 its caller; `pcall` and other library
functions have levels of their own, frames of varargs have not.
"""

from __future__ import annotations

import sys
from itertools import islice
from struct import Struct

from ir.layout import Ptr, offset_of
from ir.objects import GCfunc, GCObject, GCtab, GCudata, GCupval, State, TValue
from jitvm.front.chunkid import chunk_id
from jitvm.front.errors import BadArgument, LuaError
from jitvm.front.proto import ProtoFlag, Prototype
from jitvm.lib.call_py import Call, Result, Results, Slot, function
from jitvm.runtime.debug import FrameInfo, Place, local_variable, traceback, variable_name
from jitvm.runtime.state import YIELDED
from jitvm.runtime.value import FALSE, FUNC_BITS, LIGHTUD_BITS, NIL, POINTER, TAB_BITS
from jitvm.runtime.values import (
    KIND_FUNC,
    KIND_STR,
    KIND_TAB,
    KIND_THREAD,
    KIND_UDATA,
    NUMBER_FROM,
    TYPES,
    LuaObject,
    format_number,
    kind_of,
    number_of,
    parse_number,
)

#: Where the metatable of numbers is; those of the other types are at ~tag.
NUMBER_METATABLE = 13
KIND_FALSE, KIND_TRUE = 1, 2
EVENTS = {"c": 1, "r": 2, "l": 4}
COUNT = 8
MOST_DESCRIPTIONS = 512
WORD, NODE = Struct("<Q"), offset_of(GCtab, "node")
DEBUG_PROMPT = b"lua_debug> "


def target_thread(call: Call) -> tuple[Ptr, int]:
    """The thread a function is about, and the number of arguments that took."""
    bits = call.bits(1)
    if kind_of(bits) == KIND_THREAD:
        return Ptr(State, bits & POINTER), 1
    return call.thread, 0


def places_of(call: Call, thread: Ptr, level: int) -> list[Place]:
    """The frames down to a level, its caller's too; fewer if there are no more."""
    return list(islice(call.runtime.frames.places(thread, 0), max(level, 0) + 2))


# Metatables and environments.


@function("debug.getregistry")
def debug_getregistry(call: Call) -> Results:
    return (Slot(call.runtime.heap.g.registry.bits),)


def _metatable_owner(bits: int) -> Ptr | None:
    """The object that has a metatable of its own."""
    kind = kind_of(bits)
    if kind == KIND_TAB:
        return Ptr(GCtab, bits & POINTER)
    return Ptr(GCudata, bits & POINTER) if kind == KIND_UDATA else None


@function("debug.getmetatable")
def debug_getmetatable(call: Call) -> Results:
    bits = call.any(1)
    owner = _metatable_owner(bits)
    if owner is not None:
        address = int(owner.metatable.addr)
    else:
        address = int(call.runtime.heap.g.basemt[min(kind_of(bits), NUMBER_METATABLE)])
    return (Slot(address | TAB_BITS) if address else None,)


@function("debug.setmetatable")
def debug_setmetatable(call: Call) -> Results:
    new = call.bits(2)
    if call.count < 2 or (new != NIL and kind_of(new) != KIND_TAB):
        raise BadArgument(2, b"nil or table expected")
    address = 0 if new == NIL else new & POINTER
    bits = call.bits(1)
    owner = _metatable_owner(bits)
    if owner is not None:
        owner.metatable = address
        call.runtime.heap.barrier(owner.addr)
        return (True,)
    kind = min(kind_of(bits), NUMBER_METATABLE)
    for each in (KIND_FALSE, KIND_TRUE) if kind in (KIND_FALSE, KIND_TRUE) else (kind,):
        call.runtime.heap.g.basemt[each] = address
    call.runtime.flush_traces()  # They rely on the metatables of basic types.
    return (True,)


def _environment_owner(bits: int) -> Ptr | None:
    match kind_of(bits):
        case 8:
            return Ptr(GCfunc, bits & POINTER)
        case 6:
            return Ptr(State, bits & POINTER)
        case 12:
            return Ptr(GCudata, bits & POINTER)
        case _:
            return None


assert (KIND_FUNC, KIND_THREAD, KIND_UDATA) == (8, 6, 12)


@function("debug.getfenv")
def debug_getfenv(call: Call) -> Results:
    owner = _environment_owner(call.any(1))
    return (None if owner is None else Slot(int(owner.env.addr) | TAB_BITS),)


CANNOT_CHANGE = b"'setfenv' cannot change environment of given object"


@function("debug.setfenv")
def debug_setfenv(call: Call) -> Results:
    table = call.table(2)
    owner = _environment_owner(call.bits(1))
    if owner is None:
        raise call.error(CANNOT_CHANGE)
    owner.env = table & POINTER
    call.runtime.heap.barrier(owner.addr)
    return (Slot(call.bits(1)),)


def is_entry(call: Call, thread: Ptr, level: int, frames: list[Place]) -> bool:
    """Is it the level of the program that runs Lua, below the main chunk?"""
    return level == len(frames) and bool(thread.addr == call.runtime.tracer.main)


def _function_at(call: Call, default: int | None) -> Ptr:
    """The function that is the first argument, or at the level that is."""
    if kind_of(call.bits(1)) == KIND_FUNC:
        return Ptr(GCfunc, call.bits(1) & POINTER)
    level = call.integer(1, default)
    frames = places_of(call, call.thread, level)
    if is_entry(call, call.thread, level, frames):
        return Ptr(GCfunc, call.runtime.builtins.function("debug.entry_aux"))
    if not 0 <= level < len(frames):
        raise BadArgument(1, b"invalid level")
    return Ptr(GCfunc, frames[level][1])


@function("getfenv")
def base_getfenv(call: Call) -> Results:
    fn = _function_at(call, 1)
    env = fn.env if fn.ffid == 0 else call.thread.env
    return (Slot(int(env.addr) | TAB_BITS),)


@function("setfenv")
def base_setfenv(call: Call) -> Results:
    table = call.table(2) & POINTER
    if kind_of(call.bits(1)) != KIND_FUNC and call.integer(1) == 0:
        call.thread.env = table
        return ()
    fn = _function_at(call, None)
    if fn.ffid != 0:
        raise call.error(CANNOT_CHANGE)
    fn.env = table
    call.runtime.heap.barrier(fn.addr)
    return (Slot(fn.addr | FUNC_BITS),)


# getinfo.


@function("debug.entry_aux")
def debug_entry(call: Call) -> Results:
    """Stands for the program that runs Lua, at the bottom of the main thread."""
    raise call.error(b"the program is running")


@function("debug.getinfo")
def debug_getinfo(call: Call) -> Results:
    thread, skip = target_thread(call)
    options = call.c_string(skip + 2, b"flnSu").decode("latin-1")
    which = call.bits(skip + 1)
    frame = caller = None
    if kind_of(which) == KIND_FUNC:
        fn = Ptr(GCfunc, which & POINTER)
        if ">" in options:
            raise BadArgument(skip + 2, b"invalid option")
    elif kind_of(which) >= NUMBER_FROM or parse_number(_text(call, which)) is not None:
        level = call.narrowed(skip + 1)
        frames = places_of(call, thread, level)
        if is_entry(call, thread, level, frames):
            fn = Ptr(GCfunc, call.runtime.builtins.function("debug.entry_aux"))
        elif not 0 <= level < len(frames):
            return (None,)
        else:
            frame = call.runtime.frames.info(frames[level])
            if "n" in options and level + 1 < len(frames):
                caller = call.runtime.frames.info(frames[level + 1])
            fn = Ptr(GCfunc, frame.function)
    else:
        raise BadArgument(skip + 1, b"function or level expected")
    for option in options:
        if option not in "SlunfL":
            raise BadArgument(skip + 2, b"invalid option")
    return (Slot(_description(call, options, fn, frame, caller)),)


def _description(
    call: Call, options: str, fn: Ptr, frame: FrameInfo | None, caller: FrameInfo | None
) -> int:
    """The table, a copy of what was said about this place before: programs ask the same again and again."""
    if frame is not None:
        proto = frame.proto
    else:
        proto = call.runtime.protos.of_function(fn).proto if fn.ffid == 0 else None
    at, called = frame and frame.pc, caller and (caller.proto, caller.pc)
    key = options, proto or fn.nupvalues, at, called
    known = call.runtime.frames.described
    found = known.get(key)
    if found is None:
        items: dict[object, object] = {}
        for option in options:
            items |= _described(call, option, (fn, proto), frame, caller)
        table = call.runtime.new_table(items)
        if "L" in options:  # Which has a table in it.
            return table.bits
        if len(known) >= MOST_DESCRIPTIONS:
            known.clear()
        found = known[key] = _template(call, table)
    (template, place), memory = found, call.runtime.heap.memory
    copied = call.runtime.heap.make("tab_dup", template.address)
    if place >= 0:
        node = WORD.unpack(memory.read(copied + NODE, 8))[0]
        memory.write(node + place, WORD.pack(fn.addr | FUNC_BITS))
    return copied | TAB_BITS


def _template(call: Call, table: LuaObject) -> tuple[LuaObject, int]:
    """The description without its function, and where in the hash part that belongs; -1 if it does not."""
    if call.runtime.field(Ptr(GCtab, table.address), b"func") == NIL:
        return table, -1
    slot = call.runtime.heap.make("tab_getstr", table.address, call.runtime.heap.string(b"func"))
    Ptr(TValue, slot).bits = FALSE
    return table, slot - Ptr(GCtab, table.address).node.addr


def _text(call: Call, bits: int) -> bytes:
    """A string's; none for other values."""
    return call.runtime.values.text(bits) if kind_of(bits) == KIND_STR else b""


def _described(
    call: Call,
    option: str,
    function: tuple[Ptr, Prototype | None],
    frame: FrameInfo | None,
    caller: FrameInfo | None,
) -> dict[object, object]:
    """What one option letter of getinfo asks for."""
    fn, proto = function
    match option:
        case "S":
            if proto is None:
                return {b"source": b"=[C]", b"short_src": b"[C]", b"what": b"C", b"linedefined": -1,
                        b"lastlinedefined": -1}  # fmt: skip
            is_main = not proto.firstline and proto.numline
            return {b"source": proto.chunkname, b"short_src": chunk_id(proto.chunkname), b"what":
                    b"main" if is_main else b"Lua", b"linedefined": proto.firstline,
                    b"lastlinedefined": proto.lastline}  # fmt: skip
        case "l":
            return {b"currentline": frame.line if frame is not None else -1}
        case "u":
            is_vararg = proto is None or bool(proto.flags & ProtoFlag.VARARG)
            count = proto.numparams if proto is not None else 0
            return {b"nups": fn.nupvalues, b"nparams": count, b"isvararg": is_vararg}
        case "n":
            named = call.runtime.frames.called_as(caller) if frame is not None else None
            return {b"namewhat": b""} if named is None else {b"name": named[1], b"namewhat": named[0]}
        case "f":
            return {b"func": call.runtime.values.to_python(fn.addr | FUNC_BITS)}
        case _:
            if proto is None:
                return {}
            lines: dict[object, object] = dict.fromkeys(proto.lines[1:], True)
            return {b"activelines": call.runtime.new_table(lines)}


# Variables.


def _level_frame(call: Call, thread: Ptr, number: int) -> tuple[FrameInfo, int | None] | None:
    """The frame of a level, and the base of the one above it; None for the program below the main chunk."""
    level = call.integer(number)
    frames = places_of(call, thread, level)
    if is_entry(call, thread, level, frames):
        return None
    if not 0 <= level < len(frames):
        raise BadArgument(number, b"level out of range")
    info = call.runtime.frames.info
    if level:
        return info(frames[level]), info(frames[level - 1]).bottom
    # What a suspended coroutine has yielded is no longer its own.
    return info(frames[0]), frames[0][0] if thread.status == YIELDED else None


def _entry_variable(call: Call, slot: int) -> Results:
    """What the program below the main chunk has on the stack: its own argument, and a function for errors."""
    function = call.runtime.builtins.function("debug.entry_aux") | FUNC_BITS
    values = {1: LIGHTUD_BITS, 2: function}
    return (b"(*temporary)", Slot(values[slot])) if slot in values else (None,)


@function("debug.getlocal")
def debug_getlocal(call: Call) -> Results:
    thread, skip = target_thread(call)
    slot = call.integer(skip + 2)
    if kind_of(call.bits(skip + 1)) == KIND_FUNC:
        return (_parameter(call, Ptr(GCfunc, call.bits(skip + 1) & POINTER), slot),)
    level = _level_frame(call, thread, skip + 1)
    if level is None:
        return _entry_variable(call, slot)
    found = local_variable(level[0], slot, level[1], thread)
    if found is None:
        return (None,)
    return found[0], Slot(int(Ptr(TValue, found[1]).bits))


def _parameter(call: Call, fn: Ptr, slot: int) -> Result:
    """Name of a parameter of a function that is not running."""
    if fn.ffid != 0:
        return None
    return variable_name(call.runtime.protos.of_function(fn).proto, 0, slot - 1)


@function("debug.setlocal")
def debug_setlocal(call: Call) -> Results:
    thread, skip = target_thread(call)
    level, value, slot = _level_frame(call, thread, skip + 1), call.any(skip + 3), call.integer(skip + 2)
    if level is None:
        return _entry_variable(call, slot)[:1]
    found = local_variable(level[0], slot, level[1], thread)
    if found is None:
        return (None,)
    Ptr(TValue, found[1]).bits = value
    return (found[0],)


def _upvalue(call: Call) -> tuple[bytes, Ptr, int] | None:
    """Name and place of an upvalue, and the object it is in."""
    number = call.integer(2) - 1
    fn = Ptr(GCfunc, call.function(1) & POINTER)
    if not 0 <= number < fn.nupvalues:
        return None
    if fn.ffid != 0:
        return b"", Ptr(TValue, fn.ref("uv").addr + 8 * number), int(fn.addr)
    names = call.runtime.protos.of_function(fn).proto.uvnames
    name = names[number] if number < len(names) else b""
    return name, Ptr(TValue, Ptr(GCupval, fn.uv[number]).v.addr), int(fn.uv[number])


@function("debug.getupvalue")
def debug_getupvalue(call: Call) -> Results:
    found = _upvalue(call)
    return () if found is None else (found[0], Slot(int(found[1].bits)))


@function("debug.setupvalue")
def debug_setupvalue(call: Call) -> Results:
    value = call.any(3)
    found = _upvalue(call)
    if found is None:
        return ()
    found[1].bits = value
    call.runtime.heap.barrier(found[2])
    return (found[0],)


def _upvalue_number(call: Call, fn: Ptr, number: int) -> int:
    index = call.integer(number) - 1
    if not 0 <= index < fn.nupvalues:
        raise BadArgument(number, b"index out of range")
    return index


@function("debug.upvalueid")
def debug_upvalueid(call: Call) -> Results:
    fn = Ptr(GCfunc, call.function(1) & POINTER)
    index = _upvalue_number(call, fn, 2)
    address = int(fn.uv[index]) if fn.ffid == 0 else fn.ref("uv").addr + 8 * index
    return (Slot(address | LIGHTUD_BITS),)


@function("debug.upvaluejoin")
def debug_upvaluejoin(call: Call) -> Results:
    ends = []
    for number in (1, 3):
        fn = Ptr(GCfunc, call.function(number) & POINTER)
        if fn.ffid != 0:
            raise BadArgument(number, b"Lua function expected")
        ends.append((fn, _upvalue_number(call, fn, number + 1)))
    (to, to_index), (source, source_index) = ends
    to.uv[to_index] = source.uv[source_index]
    call.runtime.heap.barrier(to.addr)
    return ()


def missing_barrier(runtime: object, owner: int, _b: int, _c: int) -> int:
    """The collector has checked itself."""
    kind = TYPES[Ptr(GCObject, owner).gct]
    raise AssertionError(f"a {kind} at {owner:#x} was changed without telling the collector")


# Hooks.


@function("debug.sethook")
def debug_sethook(call: Call) -> Results:
    _, skip = target_thread(call)
    hooks = call.runtime.hooks
    if call.is_absent(skip + 1):
        hooks.clear()
        return ()
    letters = call.c_string(skip + 2).decode("latin-1")
    handler = call.function(skip + 1)
    count = call.narrowed(skip + 3, 0)
    mask = sum(bit for letter, bit in EVENTS.items() if letter in letters) | (COUNT if count > 0 else 0)
    hooks.set(handler, mask, count)
    return ()


@function("debug.gethook")
def debug_gethook(call: Call) -> Results:
    hooks = call.runtime.hooks
    letters = "".join(letter for letter, bit in EVENTS.items() if hooks.mask & bit)
    return Slot(hooks.function), letters.encode(), hooks.count


# Talking to people.


@function("debug.traceback")
def debug_traceback(call: Call) -> Results:
    thread, skip = target_thread(call)
    bits = call.bits(skip + 1)
    is_text = kind_of(bits) == KIND_STR or kind_of(bits) >= NUMBER_FROM
    if not is_text and call.count > skip:
        return (Slot(bits),)
    level = call.integer(skip + 2, int(thread.addr == call.thread.addr))
    listing = traceback(call.runtime.frames, thread, 0, call.runtime.tracer, level, 0)
    if not is_text:
        return (listing,)
    text = call.runtime.values.text(bits) if kind_of(bits) == KIND_STR else format_number(number_of(bits))
    return (text.partition(b"\0")[0] + b"\n" + listing,)


@function("debug.debug")
def debug_debug(call: Call) -> Results:
    runtime = call.runtime
    runtime.out.flush()
    while True:
        sys.stderr.buffer.write(DEBUG_PROMPT)
        sys.stderr.flush()
        line = sys.stdin.buffer.readline()
        if line in (b"", b"cont\n"):
            return ()
        try:
            runtime.call(runtime.load(line, b"=(debug command)"))
        except LuaError as error:
            shown = error.value if isinstance(error.value, bytes) else b"(error object is not a string)"
            sys.stderr.buffer.write(shown + b"\n")
            sys.stderr.flush()
