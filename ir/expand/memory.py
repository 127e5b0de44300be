"""Rules for memory: references to slots of tables and upvalues, loads and stores through them, barriers."""

from __future__ import annotations

from ir.expand.boxing import constant_bits, load_slot, store_slot
from ir.expand.core import EXPAND, Expander, machine_type
from ir.fields import FIELDS, GG_ABS, GG_BASEMT, GG_NEG, GG_OUTPUT
from ir.layout import offset_of
from ir.objects import VM, GCfunc, GCstr, GCupval, Node
from ir.ops import CONV_DST_SHIFT, Op
from ir.types import IRType
from ir.values import Ins

_SLOT_SIZE_SHIFT = 3


def index_to_i64(x: Expander, index: Ins) -> Ins:
    """A 32-bit index for address arithmetic.  Indexes are checked unsigned, so zero extension is right."""
    return x.b.emit(Op.CONV, IRType.U64, index, IRType.U64 << CONV_DST_SHIFT | IRType.U32)


@EXPAND(Op.ABC)
def array_bounds_check(x: Expander, ins: Ins) -> None:
    size, index = x.value(ins.args[0]), x.value(ins.args[1])
    x.guard(Op.UGT, IRType.U32, size, index)


@EXPAND(Op.AREF)
def array_reference(x: Expander, ins: Ins) -> Ins:
    array, index = x.value(ins.args[0]), ins.args[1]
    if index.is_const:
        return x.pointer(array, int(index.value) << _SLOT_SIZE_SHIFT)
    scaled = x.b.emit(Op.BSHL, IRType.U64, index_to_i64(x, x.value(index)), x.b.kint(_SLOT_SIZE_SHIFT))
    return x.b.emit(Op.ADD, IRType.P64, array, scaled)


@EXPAND(Op.HREFK)
def hash_reference_constant(x: Expander, ins: Ins) -> Ins:
    """The expected node of a constant key: guard that the key is there, unless it is known."""
    kslot = ins.args[1]
    key, number = kslot.args
    node = x.pointer(x.value(ins.args[0]), number * Node.sizeof())
    if ins.guard:
        found = x.load(IRType.U64, node, offset_of(Node, "key"))
        x.guard(Op.EQ, IRType.U64, found, x.b.kint(constant_bits(key), IRType.U64))
    return node


@EXPAND(Op.HREF)
def hash_reference(x: Expander, ins: Ins) -> Ins:
    """Address of the value of any key, or of the VM's nil slot."""
    table, key = x.value(ins.args[0]), ins.args[1]
    if key.type is IRType.STR:
        return x.call("tab_getstr", IRType.P64, x.g, table, x.value(key))
    return x.call("tab_get", IRType.P64, x.g, table, key_slot(x, key))


@EXPAND(Op.NEWREF)
def new_reference(x: Expander, ins: Ins) -> Ins:
    """Address of the value of a key that is not in the table yet; null if memory runs out.

    Nothing finds a NaN again: the interpreter, back from the exit, says that it is no key."""
    table, key = x.value(ins.args[0]), ins.args[1]
    if key.type is IRType.NUM and not key.is_const and key.op is not Op.CONV:
        number = x.value(key)
        x.guard(Op.EQ, IRType.NUM, number, number)
    address = x.call("tab_newkey", IRType.P64, x.g, table, key_slot(x, key))
    x.guard(Op.NE, IRType.P64, address, x.b.kint(0, IRType.P64))
    return address


def key_slot(x: Expander, key: Ins) -> Ins:
    """A key in memory, for natives that take it by address."""
    address = x.global_address("tmptv")
    store_slot(x, address, 0, key)
    return address


@EXPAND(Op.UREFO, Op.UREFC)
def upvalue_reference(x: Expander, ins: Ins) -> Ins:
    """Address of an upvalue: where an open one points, or the slot inside a closed one."""
    function, index = x.value(ins.args[0]), ins.args[1] >> 8
    upvalue = x.load(IRType.P64, function, offset_of(GCfunc, "uv") + 8 * index)
    if ins.op is Op.UREFO:
        return x.load(IRType.P64, upvalue, offset_of(GCupval, "v"))
    closed = x.load(IRType.U8, upvalue, offset_of(GCupval, "closed"))
    x.guard(Op.NE, IRType.U32, closed, x.b.kint(0, IRType.U32))
    return x.pointer(upvalue, offset_of(GCupval, "tv"))


@EXPAND(Op.LREF)
def thread_reference(x: Expander, ins: Ins) -> Ins:
    return x.global_load("cur", IRType.P64)


@EXPAND(Op.FREF)
def field_reference(x: Expander, ins: Ins) -> Ins:
    return x.pointer(x.value(ins.args[0]), FIELDS[ins.args[1]].offset)


@EXPAND(Op.FLOAD)
def field_load(x: Expander, ins: Ins) -> Ins | None:
    if ins.args[0].op is Op.KPRI:
        return global_constant(x, ins.args[1])
    field = FIELDS[ins.args[1]]
    type_ = field.type if field.type.is_integer else machine_type(field.type)
    return x.load(type_, x.value(ins.args[0]), field.offset)


def global_constant(x: Expander, number: int) -> Ins | None:
    """What a load with nil as its object reads.  Masks of signs are the lowering's business."""
    if number in GG_BASEMT:
        return x.load(IRType.P64, x.g, offset_of(VM, "basemt") + 8 * GG_BASEMT.index(number))
    if number == GG_OUTPUT:
        return x.load(IRType.P64, x.g, offset_of(VM, "io_output"))
    assert number in (GG_ABS, GG_NEG), number
    return None


@EXPAND(Op.FSTORE)
def field_store(x: Expander, ins: Ins) -> None:
    reference, value = ins.args
    type_ = FIELDS[reference.args[1]].type
    if value.op is Op.KNULL or (value.op is Op.KINT and type_ is IRType.P64):
        stored = x.b.kint(int(value.value), IRType.U64)
    else:
        stored = x.value(value)
    x.b.store(type_ if type_.is_integer else IRType.P64, x.value(reference), stored)


@EXPAND(Op.ALOAD, Op.HLOAD, Op.ULOAD)
def slot_load(x: Expander, ins: Ins) -> Ins | None:
    return load_slot(x, x.value(ins.args[0]), 0, ins)


@EXPAND(Op.VLOAD)
def vararg_load(x: Expander, ins: Ins) -> Ins | None:
    return load_slot(x, x.value(ins.args[0]), 8 * (ins.args[1] if len(ins.args) > 1 else 0), ins)


@EXPAND(Op.ASTORE, Op.HSTORE, Op.USTORE)
def slot_store(x: Expander, ins: Ins) -> None:
    store_slot(x, x.value(ins.args[0]), 0, ins.args[1])


@EXPAND(Op.XLOAD)
def memory_load(x: Expander, ins: Ins) -> Ins:
    return x.b.load(ins.type, x.value(ins.args[0]))


@EXPAND(Op.XSTORE)
def memory_store(x: Expander, ins: Ins) -> None:
    x.b.store(ins.type, x.value(ins.args[0]), x.value(ins.args[1]))


@EXPAND(Op.STRREF)
def string_reference(x: Expander, ins: Ins) -> Ins:
    """Address of a byte of a string."""
    string, index = x.value(ins.args[0]), ins.args[1]
    if index.is_const:
        return x.pointer(string, GCstr.sizeof() + int(index.value))
    first = x.pointer(string, GCstr.sizeof())
    return x.b.emit(Op.ADD, IRType.P64, first, index_to_i64(x, x.value(index)))


@EXPAND(Op.ALEN)
def table_length(x: Expander, ins: Ins) -> Ins:
    return x.call("trace_tab_len", IRType.INT, x.g, x.value(ins.args[0]))


@EXPAND(Op.TMPREF)
def temporary_reference(x: Expander, ins: Ins) -> Ins:
    """A value in memory for a call that takes or leaves it there."""
    value, mode = ins.args
    field = "tmptv2" if mode & 4 else "tmptv"
    address = x.global_address(field)
    if mode & 1:
        store_slot(x, address, 0, value)
    return address


@EXPAND(Op.XBAR, Op.GCSTEP)
def collector_step(x: Expander, ins: Ins) -> None:
    """The collector never runs while a trace does (see `Expander._collect_check`)."""


@EXPAND(Op.TBAR)
def table_barrier(x: Expander, ins: Ins) -> None:
    x.b.emit(Op.BARRIER, IRType.NIL, x.value(ins.args[0]), x.g)


@EXPAND(Op.OBAR)
def upvalue_barrier(x: Expander, ins: Ins) -> None:
    """The reference is to the slot in the upvalue."""
    upvalue = x.pointer(x.value(ins.args[0]), -offset_of(GCupval, "tv"))
    x.b.emit(Op.BARRIER, IRType.NIL, upvalue, x.g)


@EXPAND(Op.TNEW)
def table_new(x: Expander, ins: Ins) -> Ins:
    asize, hbits = ins.args
    return x.call("tab_new", IRType.P64, x.g, x.b.kint(asize, IRType.U32), x.b.kint(hbits, IRType.U32))


@EXPAND(Op.TDUP)
def table_duplicate(x: Expander, ins: Ins) -> Ins:
    return x.call("tab_dup", IRType.P64, x.g, x.value(ins.args[0]))


@EXPAND(Op.SNEW, Op.XSNEW)
def string_new(x: Expander, ins: Ins) -> Ins:
    return x.call("str_new", IRType.P64, x.g, x.value(ins.args[0]), x.value(ins.args[1]))
