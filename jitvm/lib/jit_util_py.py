"""jit.util: prototypes and traces as numbers and strings, for listings written in Lua.

Numbers, modes and bit fields are LuaJIT's, so that its own modules (jit.dump, jit.v, jit.bc) read them.  An
instruction of a trace is five numbers: operand modes, opcode and type, two operands, register and spill slot.
References are relative to the first instruction: constants are negative.
"""

from __future__ import annotations

from ir.calls import CALLS, CallFlag
from ir.layout import Ptr
from ir.objects import GCT_STR, GCT_TAB, GCfunc, GCObject, GCproto
from ir.ops import Op
from ir.trace import Trace
from ir.types import TAG_SHIFT, TAG_TRACE, IRType
from ir.values import Ins
from jitvm.front.bytecode import BC, op_of
from jitvm.front.chunkid import location
from jitvm.front.proto import ProtoFlag
from jitvm.lib.call_py import Call, Results, Slot, function
from jitvm.lib.ffnames import FF_C
from jitvm.runtime.protos import PROTO_SIZE, LoadedProto
from jitvm.runtime.value import POINTER, PROTO_BITS, STR_BITS, TAB_BITS
from jitvm.runtime.values import KIND_FUNC, KIND_PROTO, kind_of
from x64.moves import Slot as SpillSlot
from x64.regs import Reg

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.trace.machine import Compiled

OPS = tuple(BC)
REF_BIAS = 0x8000
#: Kinds of instructions and of operands, as LuaJIT packs them.
KINDS = {"N": 0, "R": 0, "C": 0x10, "A": 0x20, "L": 0x40, "S": 0x60, "W": 0x80}
OPERANDS = {"ref": 0, "lit": 1, "cst": 2}
NO_OPERAND = 3
MODE_XOR = 0x80
GUARD, PHI = 0x80, 0x40
#: Registers that are none: not in one, and not computed because it was sunk.
RID_NONE, RID_SUNK = 128, 253
SNAPSHOT_END = -0x1000000
MAX_SINK_DISTANCE = 254


def _signed(word: int) -> int:
    return word - (1 << 32) if word & 0x80000000 else word


# Prototypes.


def _prototype(call: Call) -> LoadedProto | None:
    """The prototype that the first argument is, or is a function of; None for a library function."""
    bits = call.bits(1)
    if kind_of(bits) == KIND_PROTO:
        return call.runtime.protos.at(bits & POINTER)
    fn = Ptr(GCfunc, call.function(1) & POINTER)
    return call.runtime.protos.of_function(fn) if fn.ffid == 0 else None


def _lua_prototype(call: Call) -> LoadedProto:
    found = _prototype(call)
    if found is None:
        raise call.wrong(1, b"function")
    return found


@function("jit.util.funcinfo")
def util_funcinfo(call: Call) -> Results:
    loaded = _prototype(call)
    if loaded is None:
        fn = Ptr(GCfunc, call.bits(1) & POINTER)
        items: dict[object, object] = {"addr": float(fn.fn), "upvalues": fn.nupvalues}
        if fn.ffid > FF_C:
            items["ffid"] = fn.ffid
        return (Slot(call.runtime.table_bits(items)),)
    proto, pc = loaded.proto, call.integer(2, 0)
    line = -1
    items = {
        "linedefined": proto.firstline,
        "lastlinedefined": proto.lastline,
        "stackslots": proto.framesize,
        "params": proto.numparams,
        "bytecodes": len(proto.bytecode),
        "gcconsts": len(proto.kgc),
        "nconsts": len(proto.knum),
        "upvalues": len(proto.upvalues),
        "isvararg": bool(proto.flags & ProtoFlag.VARARG),
        "children": bool(proto.flags & ProtoFlag.CHILD),
        "source": proto.chunkname,
        "proto": call.runtime.values.to_python(loaded.address | PROTO_BITS),
    }
    if 0 <= pc < len(proto.bytecode):
        line = proto.lines[pc] if pc and pc < len(proto.lines) else proto.firstline if not pc else 0
        items["currentline"] = line
    items["loc"] = location(proto.chunkname, max(line, 0))
    return (Slot(call.runtime.table_bits(items)),)


@function("jit.util.funcbc")
def util_funcbc(call: Call) -> Results:
    loaded, pc = _lua_prototype(call), call.integer(2)
    if not 0 <= pc < len(loaded.proto.bytecode):
        return ()
    ins = int.from_bytes(call.runtime.heap.memory.read(loaded.bytecode + 4 * pc, 4), "little")
    return _signed(ins), OPS[op_of(ins)].mode_word


@function("jit.util.funck")
def util_funck(call: Call) -> Results:
    loaded, index = _lua_prototype(call), call.integer(2)
    pt = Ptr(GCproto, loaded.address)
    if index >= 0:
        return (Slot(int(pt.k[index])),) if index < pt.sizekn else ()
    if ~index >= pt.sizekgc:
        return ()
    address = int(pt.k[index])
    kind = Ptr(GCObject, address).gct if address else 0
    tag = {GCT_STR: STR_BITS, GCT_TAB: TAB_BITS}.get(kind, PROTO_BITS)
    return (Slot(address | tag) if address else None,)


@function("jit.util.funcuvname")
def util_funcuvname(call: Call) -> Results:
    proto, index = _lua_prototype(call).proto, call.integer(2)
    return (proto.uvnames[index],) if 0 <= index < len(proto.uvnames) else ()


# Traces.


def _trace(call: Call) -> Trace | None:
    """The trace whose number is the first argument; also one that is being recorded."""
    number = call.integer(1)
    runtime = call.runtime
    if not runtime.has_jit:
        return None
    shown = runtime.vm_events.trace
    if shown is not None and shown.number == number:
        return shown
    return runtime.jit.compiler.cache.traces.get(number)


def _compiled(call: Call, trace: Trace) -> Compiled | None:
    made = call.runtime.jit.code.compiled.get(trace.number)  # type: ignore[attr-defined]
    found: Compiled | None = made if made is not None and made.trace is trace else None
    return found


@function("jit.util.traceinfo")
def util_traceinfo(call: Call) -> Results:
    trace = _trace(call)
    if trace is None:
        return ()
    return (
        call.runtime.new_table(
            {
                "nins": trace.nins - 1,
                "nk": -trace.nk,
                "link": trace.link,
                "nexit": len(trace.snaps),
                "linktype": trace.linktype.value.encode(),
            }
        ),
    )


def mode_byte(op: Op) -> int:
    """Operand modes and kind of an opcode."""
    kinds = 0
    for letter in op.kind:
        kinds |= KINDS[letter]
    first, second = ([OPERANDS[mode] for mode in op.modes] + [NO_OPERAND, NO_OPERAND])[:2]
    return (first | second << 2 | kinds) ^ MODE_XOR


def _operand(ins: Ins, index: int) -> int:
    if index >= len(ins.args):
        return 0
    arg = ins.args[index]
    return arg.ref if isinstance(arg, Ins) else int(arg)


def _home(call: Call, trace: Trace, ins: Ins) -> int:
    """Register and spill slot; sunk instructions name the distance to their allocation instead."""
    allocation = trace.sinktags.get(ins)
    if allocation is not None:
        return RID_SUNK | min(ins.ref - allocation.ref, MAX_SINK_DISTANCE) << 8
    if _compiled(call, trace) is None:
        return RID_NONE
    match call.runtime.jit.code.home(trace, ins):  # type: ignore[attr-defined]
        case Reg() as reg:
            return int(reg)
        case SpillSlot(index):
            return RID_NONE | (2 * (index + 1) & 0xFF) << 8
        case _:
            return RID_NONE


@function("jit.util.traceir")
def util_traceir(call: Call) -> Results:
    trace, ref = _trace(call), call.integer(2)
    if trace is None or not 0 <= ref < trace.nins:
        return ()
    ins = trace.ins[ref]
    ot = ins.op << 8 | (GUARD if ins.guard else 0) | (PHI if ins.phi else 0) | ins.type
    return mode_byte(ins.op), ot, _operand(ins, 0), _operand(ins, 1), _home(call, trace, ins)


@function("jit.util.tracek")
def util_tracek(call: Call) -> Results:
    trace, ref = _trace(call), call.integer(2)
    if trace is None or not trace.nk <= ref < 0:
        return ()
    ins = next((k for k in trace.consts if k.ref == ref), None)
    if ins is None:
        return ()
    slot: tuple[int, ...] = ()
    if ins.op is Op.KSLOT:
        ins, slot = ins.args[0], (ins.args[1],)
    if ins.op is Op.KNUM and ins.type is IRType.P64:
        return _trace_object(call), int(ins.type), *slot
    return constant_value(ins), int(ins.type), *slot


def _trace_object(call: Call) -> Slot:
    """A value of type "trace": what a stitched trace goes on with."""
    made = call.runtime.heap.call("mem_alloc", call.runtime.heap.g, GCObject.sizeof())
    address = int(made.addr if isinstance(made, Ptr) else made)
    Ptr(GCObject, address).gct = ~TAG_TRACE
    return Slot(address | TAG_TRACE << TAG_SHIFT & (1 << 64) - 1)


def constant_value(ins: Ins) -> Slot | float | int | bool | None:
    """The Lua value of a constant."""
    match ins.op:
        case Op.KPRI:
            return None if ins.type is IRType.NIL else ins.type is IRType.TRUE
        case Op.KGC:
            return Slot(ins.args[0] | ~int(ins.type) << TAG_SHIFT & (1 << 64) - 1)
        case Op.KNULL:
            return 0
        case _:
            return float(ins.args[0]) if isinstance(ins.args[0], (int, float)) else 0


@function("jit.util.tracesnap")
def util_tracesnap(call: Call) -> Results:
    trace, number = _trace(call), call.integer(2)
    if trace is None or not 0 <= number < len(trace.snaps):
        return ()
    snap = trace.snaps[number]
    items: dict[object, object] = {0: snap.ref, 1: snap.nslots}
    for index, entry in enumerate(snap.entries, 2):
        items[index] = _signed(entry.slot << 24 | int(entry.flags) | entry.ref.ref + REF_BIAS)
    items[len(snap.entries) + 2] = SNAPSHOT_END
    return (Slot(call.runtime.table_bits(items)),)


@function("jit.util.tracemc")
def util_tracemc(call: Call) -> Results:
    trace = _trace(call)
    made = _compiled(call, trace) if trace is not None else None
    if made is None:
        return ()
    code = call.runtime.jit.code.area.read(made.address, made.code.code_size)  # type: ignore[attr-defined]
    return code, float(made.address), made.code.loop_offset


@function("jit.util.traceexitstub")
def util_traceexitstub(call: Call) -> Results:
    """Only of a trace: numbers of stubs are not the numbers of exits, which the caller wants to know."""
    if call.count < 2:
        return ()
    trace, exitno = _trace(call), call.integer(2)
    made = _compiled(call, trace) if trace is not None else None
    if made is None:
        return ()
    for number, point in sorted(made.code.exits.items()):
        if point.exit.snapshot == exitno:
            return (float(call.runtime.jit.code.stub(number)),)  # type: ignore[attr-defined]
    # An exit that no guard leads to any more.
    return (0,) if exitno < len(trace.snaps) else ()  # type: ignore[union-attr]


@function("jit.util.ircalladdr")
def util_ircalladdr(call: Call) -> Results:
    number = call.integer(1)
    if not 0 <= number <= len(CALLS):
        return ()
    if number == len(CALLS) or not CALLS[number].available:
        return (0,)
    info = CALLS[number]
    if info.flags & CallFlag.EXTERN:
        return (float(getattr(call.runtime.heap.g, info.symbol, 0)),)
    try:
        return (float(call.runtime.engine.address(f"trace_{info.symbol}")),)  # type: ignore[attr-defined]
    except KeyError:  # Traces do without this function.
        return (0,)


assert PROTO_SIZE == GCproto.sizeof() and KIND_FUNC == ~-9
