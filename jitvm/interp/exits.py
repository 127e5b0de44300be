"""Leaving a trace: the native side of side exits.

The exit stub dumps all registers into `g.exit_state` and calls `trace_exit`.  It looks up the running trace
and replays the exit's recipe (packed by `x64/recipe.py`, which documents the words), so that the Lua stack is
what the interpreter would have left.  No Python runs here; only an exit that has become hot makes an upcall.

What it hands back is the bytecode to resume at; the stub then reloads the pinned registers from `g.cur`.
"""

from __future__ import annotations

from ir.objects import VM, GCfunc, GCproto, GCtab, TraceHead, TValue
from jitvm.front.bytecode import BC
from jitvm.interp.throw import vm_error_call, vm_unwind
from jitvm.native import (
    Interp,
    Next,
    Ptr,
    addr,
    bits,
    f64,
    handler,
    i16,
    i32,
    i64,
    inline,
    native,
    u32,
    u64,
    unlikely,
)
from jitvm.runtime.errcodes import ERR_STACK
from jitvm.runtime.finalize import gc_collect
from jitvm.runtime.gc import gc_check
from jitvm.runtime.state import GROWN, stack_grow, stack_resize
from jitvm.runtime.table import tab_dup, tab_new, tab_set
from jitvm.runtime.upcalls import UPCALL_EXIT, UPCALL_HOTEXIT
from jitvm.runtime.value import POINTER, PROTO_SIZE
from x64.recipe import FLAG_COLLECT, FLAG_COUNTED, METATABLE_KEY, Kind

FUNCF, JLOOP = int(BC.FUNCF), int(BC.JLOOP)
RETM, RET1, ITERN = int(BC.RETM), int(BC.RET1), int(BC.ITERN)
FORL, IFORL = int(BC.FORL), int(BC.IFORL)  # The same handler where nothing is counted.

KIND_CONST = int(Kind.CONST)
KIND_NUM_REG = int(Kind.NUM_REG)
KIND_NUM_SPILL = int(Kind.NUM_SPILL)
KIND_INT_REG = int(Kind.INT_REG)
KIND_INT_SPILL = int(Kind.INT_SPILL)
KIND_GC_REG = int(Kind.GC_REG)
KIND_GC_SPILL = int(Kind.GC_SPILL)
KIND_RAW_REG = int(Kind.RAW_REG)
KIND_RAW_SPILL = int(Kind.RAW_SPILL)
KIND_KEYINDEX_REG = int(Kind.KEYINDEX_REG)
KIND_NEW_TABLE = int(Kind.NEW_TABLE)
KIND_DUP_TABLE = int(Kind.DUP_TABLE)
KIND_SAME = int(Kind.SAME)

#: Upper half of the slot that holds an ITERN's loop index.
KEYINDEX_HI = 0xFFFE7FFF
#: vmstate of the interpreter.
VMSTATE_INTERP = -1
TAG_BITS = 47
TABLE_TAG = ~11


@inline
def boxed(pointer: u64, tag: i32) -> u64:
    return pointer | u64(i64(tag)) << TAG_BITS


@inline
def proto_of(base: Ptr[TValue]) -> Ptr[GCproto]:
    """Prototype of the Lua function whose frame is at `base`."""
    fn = Ptr[GCfunc]((base + -2).bits & POINTER)
    return Ptr[GCproto](addr(fn.pc) - PROTO_SIZE)


@inline
def kind_of(entry: u64) -> u32:
    return u32(entry >> 16) & 0xFF


@native
def exit_value(g: Ptr[VM], entry: u64) -> u64:
    """The slot bits of one entry of any kind but CONST."""
    kind = kind_of(entry)
    where = u32(entry >> 24) & 0xFF
    spill = Ptr[u64](g.cframe) + i64(where)
    if kind == KIND_NUM_REG:
        return bits(g.exit_state.fpr[where])
    if kind == KIND_NUM_SPILL or kind == KIND_RAW_SPILL:
        return spill[0]
    if kind == KIND_RAW_REG:
        return g.exit_state.gpr[where]
    value = spill[0]
    if kind == KIND_INT_REG or kind == KIND_GC_REG or kind == KIND_KEYINDEX_REG:
        value = g.exit_state.gpr[where]
    if kind == KIND_INT_REG or kind == KIND_INT_SPILL:
        return bits(f64(i32(value)))
    if kind == KIND_GC_REG or kind == KIND_GC_SPILL:
        return boxed(value, i32(entry >> 32))
    return u64(u32(value)) | u64(KEYINDEX_HI) << 32


@native
def make_table(g: Ptr[VM], at: Ptr[u64], slot: Ptr[TValue]) -> Ptr[u64]:
    """Make the table of an entry, with all that was stored in it, for `slot`; the next entry.

    Keys are constants and the tables were small enough for the recorder, so nothing can fail."""
    content = at[1]
    stores = u32(at[0] >> 32)
    t = Ptr[GCtab](content)
    if kind_of(at[0]) == KIND_DUP_TABLE:
        t = tab_dup(g, t)
    else:
        t = tab_new(g, u32(content), u32(content >> 32))
    slot.bits = boxed(addr(t), TABLE_TAG)
    at = at + 2
    while stores != 0:
        value = at[1]
        size = i64(2)
        if kind_of(value) == KIND_CONST:
            value = at[2]
            size = i64(3)
        else:
            value = exit_value(g, value)
        if at[0] == METATABLE_KEY:
            t.metatable = Ptr[GCtab](value & POINTER)
        else:
            tab_set(g, t, Ptr[TValue](addr(at))).bits = value
        at = at + size
        stores = stores - 1
    return at


@native
def grow_for_exit(g: Ptr[VM], need: u32) -> i32:
    """Room for frames that the trace had in registers; as `stack_grow`, but there is room afterwards."""
    status = stack_grow(g, g.cur, need)
    if status != GROWN:
        stack_resize(g, g.cur, g.cur.stacksize + need)
    return status


@native
def restore(g: Ptr[VM], recipe: Ptr[u64]) -> i32:
    """Write every slot of a recipe, move BASE and set the thread's top; not GROWN if the stack overflowed."""
    L = g.cur
    status = i32(GROWN)
    need = recipe[3] >> 32
    if unlikely(g.jit_base + i64(need) >= L.maxstack):
        status = grow_for_exit(g, u32(need))
    base = g.jit_base
    header = recipe[0]
    count = u32(header) & 0xFFFF
    at = recipe + 4
    while count != 0:
        entry = at[0]
        slot = base + i64(i16(u32(entry)))
        kind = kind_of(entry)
        if kind == KIND_CONST:
            slot.bits = at[1]
            at = at + 2
        elif kind == KIND_NEW_TABLE or kind == KIND_DUP_TABLE:
            at = make_table(g, at, slot)
        else:
            slot.bits = (base + i64(i32(entry >> 32))).bits if kind == KIND_SAME else exit_value(g, entry)
            at = at + 1
        count = count - 1
    L.base = base + i64(recipe[2])
    top = i64(u32(header >> 32) & 0xFFFF)
    if top == 0:
        top = i64(proto_of(L.base).framesize)
    L.top = L.base + top
    multres = header >> 48
    if multres != 0:
        g.multres = multres
    return status


@native
def trace_exit(g: Ptr[VM], exit_number: u32) -> Ptr[u32]:
    """Restore the interpreter's state at an exit of the running trace; the bytecode to go on with.

    Null if the stack overflowed: g.savepc is behind that bytecode, g.errarg what `stack_grow` said."""
    head = g.traces[u32(g.vmstate)]
    recipe = Ptr[u64](head.recipes[exit_number])
    g.vmstate = VMSTATE_INTERP
    status = restore(g, recipe)
    pc = Ptr[u32](recipe[1])
    if unlikely(status != GROWN):
        g.savepc = addr(pc + 1)
        g.errarg = u32(status)
        return Ptr[u32](u64(0))
    flags = recipe[3]
    if unlikely(g.exit_watch != 0):
        g.upcall(UPCALL_EXIT, u64(head.number), recipe[0] >> 16 & 0xFFFF, u64(0))
    if (flags & FLAG_COLLECT) != 0:
        gc_check(g)
    if (flags & FLAG_COUNTED) != 0:
        count_exit(g, head, u32(recipe[0] >> 16) & 0xFFFF, pc)
    return pc


@inline
def count_exit(g: Ptr[VM], head: Ptr[TraceHead], snapshot: u32, pc: Ptr[u32]) -> None:
    """Exits are counted down; one that has been taken often enough may start a side trace."""
    left = head.hotcounts[snapshot]
    if unlikely(left == 0):
        g.exit_number = snapshot
        g.upcall(UPCALL_HOTEXIT, u64(head.number), u64(snapshot), addr(pc))
    else:
        head.hotcounts[snapshot] = left - 1


@inline
def counts_no_loops(g: Ptr[VM]) -> bool:
    """Is the compiler off?  Then FORL is dispatched as IFORL (`runtime/switch.py`)."""
    return g.dispatch[FORL] == g.dispatch[IFORL]


@inline
def resume(vm: Interp) -> Next:
    """Go on in the interpreter with the bytecode at PC."""
    g = vm.g
    ins = vm.pc[0]
    vm.pc = vm.pc + 1
    op = ins & 0xFF
    if unlikely(op >= FUNCF):
        # A function header takes the number of arguments + 1 in D.
        return vm.tail_ptr(g.dispatch[op], u64(ins >> 8 & 0xFF), g.multres)
    if unlikely(op == JLOOP):
        # A return that a trace starts at: entering that trace would lead right back to this exit.  So it does
        # with ITERN, which makes the exit hot and ends with a side trace, unless none can be recorded.
        start = g.traces[ins >> 16].startins
        if (start & 0xFF) - RETM <= RET1 - RETM:
            ins = start
        elif (start & 0xFF) == ITERN and g.recording == 0 and counts_no_loops(g):
            ins = start
    return vm.dispatch(ins)


@handler()
def trace_resume(vm: Interp, ra: u64, rd: u64) -> Next:
    """Where exit stubs jump, with the exit number in operand A, after dumping all registers."""
    g = vm.g
    vm.pc = trace_exit(g, u32(ra))
    vm.base = g.cur.base
    if unlikely(addr(vm.pc) == 0):
        vm.pc = Ptr[u32](g.savepc)
        return vm.tail(vm_error_call, ERR_STACK, u64(g.errarg))
    if unlikely(g.gc_threshold == 0):  # Finalizers are due, and perhaps no other place for them comes soon.
        g.savepc = addr(vm.pc)
        if unlikely(gc_collect(g) < 0):
            return vm.tail(vm_unwind, 0, 0)
        vm.base = g.cur.base
    vm.kbase = proto_of(vm.base).k
    return resume(vm)


@handler()
def vm_trace_leave(vm: Interp, ra: u64, rd: u64) -> Next:
    """Where a trace ends that goes on in the interpreter: BASE and PC are set, the stack is written."""
    g = vm.g
    g.vmstate = VMSTATE_INTERP
    g.cur.base = vm.base
    proto = proto_of(vm.base)
    g.cur.top = vm.base + i64(proto.framesize)
    vm.kbase = proto.k
    return resume(vm)
