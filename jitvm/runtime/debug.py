"""Frames and names, for error messages and tracebacks: LuaJIT's rules.

    frames.level(1)                        the function that called the running library function
    slot_name(proto, pc, slot)             (b"local", b"x"): what a slot is called in the source text

A frame is given by its base.  Frames of varargs are counted once, as the program sees them.  Names come from
the variable information where a local variable is live, else from the bytecode that loaded the slot.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct

from ir.layout import ACCESS, Ptr, offset_of
from ir.objects import Frame, GCfunc
from ir.record import dataclass
from ir.types import TAG_FUNC, TAG_THREAD
from jitvm.front.bytecode import BC, Meta, Mode, a_of, b_of, c_of, d_of, op_of
from jitvm.front.chunkid import chunk_id
from jitvm.front.proto import Prototype
from jitvm.runtime.protos import PROTO_SIZE, Protos
from jitvm.runtime.span import span
from jitvm.runtime.value import FINALIZER_MARK, HANDLER_MARK, POINTER

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.values import LuaObject

OPS = tuple(BC)
#: The number of a function and where its code is.
_FUNCTION = Struct("<2xB13xQ")
assert (offset_of(GCfunc, "ffid"), offset_of(GCfunc, "pc")) == (2, _FUNCTION.size - 8)
TAG_FUNC_WORD, TAG_THREAD_WORD = TAG_FUNC & 0x1FFFF, TAG_THREAD & 0x1FFFF
unpack_word, unpack_words = Struct("<Q").unpack, Struct("<QQ").unpack
#: Base, function, PC.
Place = tuple[int, int, int]
#: What names the metamethods' callers go by.
META_NAMES = ("__index", "__newindex", "__gc", "__mode", "__eq", "__len", "__lt", "__le", "__concat",
              "__call", "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm")


@dataclass(slots=True, frozen=True)
class FrameInfo:
    """One frame: its base, its function, and the position of the bytecode it is at (-1 if unknown)."""

    base: int
    function: int
    proto: Prototype | None
    pc: int

    @property
    def bottom(self) -> int:
        """Base of its arguments: below `base`, if there are varargs."""
        link = _word(self.base - 8)
        return self.base - (link & ~7) if link & 7 == Frame.VARG else self.base

    @property
    def line(self) -> int:
        """Current line; 0 if debug information was left out, -1 if no bytecode is running."""
        if self.proto is None or self.pc < 0:
            return -1
        return self.proto.lines[self.pc] if self.pc < len(self.proto.lines) else 0


class Frames:
    """The stack of a thread, read."""

    def __init__(self, protos: Protos) -> None:
        self.protos = protos
        #: Where Lua functions are that Python called out of: thread and offset of their base -> PC.
        self.interrupted: dict[tuple[int, int], int] = {}
        #: What debug.getinfo has said: options, function, place, caller -> template, place of the function.
        self.described: dict[object, tuple[LuaObject, int]] = {}

    def walk(self, thread: Ptr, savepc: int) -> Iterator[FrameInfo]:
        """Innermost first.  `savepc`: PC of the innermost function, if it is a Lua function."""
        return (self.info(place) for place in self.places(thread, savepc))

    def places(self, thread: Ptr, savepc: int) -> Iterator[Place]:
        """The same without looking at the functions: stacks can be deep."""
        read, pc = ACCESS.memory.read, savepc
        base, _, _, stack = span(ACCESS.memory, thread.addr)
        while base > stack + 16:
            function, link = unpack_words(read(base - 16, 16))
            if function >> 47 == TAG_FUNC_WORD:
                yield base, function & POINTER, pc
            kind = link & 7
            if kind == Frame.VARG:
                base -= link & ~7
                link = _word(base - 8)
                kind = link & 7
            if kind & 3 == Frame.LUA:
                pc = link
                base -= 16 + 8 * read(pc - 3, 1)[0]
                continue
            pc = _word(base - 24) if kind == Frame.CONT else 0
            if kind == Frame.CP and _word(base - 24) in (HANDLER_MARK, FINALIZER_MARK):
                pc = _word(base - 32)
                base -= link & ~7
                continue
            base -= link & ~7
            if kind & 3 == Frame.C and self.interrupted:
                pc = self.interrupted.get((thread.addr, base - stack), 0)

    def info(self, place: Place) -> FrameInfo:
        base, function, pc = place
        ffid, code = _FUNCTION.unpack(ACCESS.memory.read(function, _FUNCTION.size))
        if ffid != 0:
            return FrameInfo(base, function, None, -1)
        loaded = self.protos.at(code - PROTO_SIZE)
        at = (pc - loaded.bytecode) // 4 - 1 if pc else -1
        return FrameInfo(base, function, loaded.proto, at)

    def called_as(self, caller: FrameInfo | None) -> tuple[bytes, bytes] | None:
        """Kind and name by which the function above `caller` was called."""
        if caller is None or caller.proto is None or caller.pc < 0:
            return None
        ins = caller.proto.bytecode[caller.pc]
        op = OPS[op_of(ins)]
        if op.meta is Meta.CALL:
            if _word(caller.base + 8 * a_of(ins)) >> 47 == TAG_THREAD_WORD:
                return None  # The stack had no room for what it called.
            slot = a_of(ins) - 3 if op is BC.ITERC else a_of(ins)
            return slot_name(caller.proto, caller.pc, slot)
        if op.meta < len(META_NAMES):
            return b"metamethod", META_NAMES[op.meta].encode()
        return None


def _word(address: int) -> int:
    return int.from_bytes(ACCESS.memory.read(address, 8), "little")


def where(frame: FrameInfo | None) -> bytes:
    """The "file:line: " in front of a message; empty where no Lua function is."""
    if frame is None or frame.proto is None or frame.line < 0:
        return b""
    return b"%s:%d: " % (chunk_id(frame.proto.chunkname), frame.line)


def variable_name(proto: Prototype, pc: int, slot: int) -> bytes | None:
    """The local variable that lives in a slot."""
    for info in proto.varinfo:
        if info.startpc > pc:
            break
        if pc < info.endpc:
            if slot == 0:
                return info.name
            slot -= 1
    return None


def slot_name(proto: Prototype, pc: int, slot: int) -> tuple[bytes, bytes] | None:
    """Kind and name of what a slot holds at a bytecode."""
    while True:
        name = variable_name(proto, pc, slot)
        if name is not None:
            return b"local", name
        pc, origin = _origin(proto, pc, slot)
        if origin is None:
            return None
        ins = proto.bytecode[pc]
        match OPS[op_of(ins)]:
            case BC.MOV:
                slot = d_of(ins)
            case BC.GGET:
                return b"global", _string(proto, d_of(ins))
            case BC.TGETS:
                before = proto.bytecode[pc - 1]
                is_self = (op_of(before) == BC.MOV and a_of(before) == a_of(ins) + 2
                           and d_of(before) == b_of(ins))
                return b"method" if is_self else b"field", _string(proto, c_of(ins))
            case BC.UGET:
                return b"upvalue", upvalue_name(proto, d_of(ins))
            case _:
                return None


def _origin(proto: Prototype, pc: int, slot: int) -> tuple[int, int | None]:
    """The last bytecode before `pc` that wrote the slot alone."""
    for at in range(pc - 1, 0, -1):
        ins = proto.bytecode[at]
        op = OPS[op_of(ins)]
        a = a_of(ins)
        if op.mode_a is Mode.BASE:
            if slot >= a and (op is not BC.KNIL or slot <= d_of(ins)):
                return at, None
        elif op.mode_a is Mode.DST and a == slot:
            return at, at
    return 0, None


def _string(proto: Prototype, index: int) -> bytes:
    """A string constant as a name, which ends at a zero byte."""
    constant = proto.kgc[index]
    assert isinstance(constant, bytes), constant
    return constant.partition(b"\0")[0]


def upvalue_name(proto: Prototype, index: int) -> bytes:
    return proto.uvnames[index] if index < len(proto.uvnames) else b""


def local_variable(info: FrameInfo, slot: int, above: int | None, thread: Ptr) -> tuple[bytes, int] | None:
    """Name and address of a local variable: slots count from 1, negative ones are varargs.

    `above` is the base of the frame called from this one; None if it is the innermost.
    """
    base, end = info.base, thread.top.addr if above is None else above - 16
    if slot < 0:
        return _vararg(info, -slot)
    address = base + 8 * (slot - 1)
    name = variable_name(info.proto, info.pc, slot - 1) if info.proto is not None and info.pc >= 0 else None
    if name is None and slot > 0 and address < end:
        name = b"(*temporary)"
    return None if name is None else (name, address)


def _vararg(info: FrameInfo, number: int) -> tuple[bytes, int] | None:
    link = _word(info.base - 8)
    if info.proto is None or info.pc < 0 or link & 7 != Frame.VARG:
        return None
    address = info.base - (link & ~7) + 8 * (info.proto.numparams + number - 1)
    return (b"(*vararg)", address) if address < info.base - 16 else None


LEVELS_FIRST, LEVELS_LAST = 12, 10


def traceback(
    frames: Frames, thread: Ptr, savepc: int, addresses: Tracer, level: int = 1, unlisted: int = 1
) -> bytes:
    """The frames from a level on as luajit lists them, without the message.

    `unlisted`: levels above those that are on the stack, where luajit would run a handler of errors.
    """
    listed = list(frames.places(thread, savepc))
    count = unlisted + len(listed) + (thread.addr == addresses.main)
    shown, left_out = list(range(max(level, 0), count)), range(0)
    if count > LEVELS_FIRST + LEVELS_LAST + 1:
        left_out = range(max(LEVELS_FIRST, level), count - LEVELS_LAST)
    lines = []
    for number in shown:
        if number not in left_out:
            lines.append(_line(frames, listed, number - unlisted, addresses))
        elif number == left_out.start:
            lines.append(b"...")
    return b"stack traceback:" + b"".join(b"\n\t" + line for line in lines)


def _line(frames: Frames, listed: list[Place], at: int, addresses: Tracer) -> bytes:
    if at < 0:
        return b""
    if at == len(listed):
        return b"[C]: at 0x%08x" % addresses.entry
    caller = frames.info(listed[at + 1]) if at + 1 < len(listed) else None
    return _describe(frames, frames.info(listed[at]), caller, addresses)


@dataclass(slots=True, frozen=True)
class Tracer:
    """Addresses that a traceback shows: below the main thread stands the program that runs Lua."""

    main: int
    entry: int


def _describe(frames: Frames, info: FrameInfo, caller: FrameInfo | None, addresses: Tracer) -> bytes:
    named = frames.called_as(caller)
    if info.proto is None:
        fn = Ptr(GCfunc, info.function)
        if named is not None:
            return b"[C]: in function '%s'" % named[1]
        shown = b"[builtin#%d]:" % fn.ffid if fn.ffid > 1 else b"[C]:"
        return shown + b" at 0x%08x" % fn.fn
    source = chunk_id(info.proto.chunkname)
    at = b"%s:%d:" % (source, info.line) if info.line > 0 else b"%s:" % source
    if named is not None:
        return at + b" in function '%s'" % named[1]
    if info.proto.firstline == 0 and info.proto.numline:
        return at + b" in main chunk"
    return at + b" in function <%s:%d>" % (source, info.proto.firstline)
