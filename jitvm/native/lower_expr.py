"""Lowering of expressions and conditions."""

from __future__ import annotations

from collections.abc import Callable

from ir.layout import Ptr, f64, i8, i16, i32, i64, size_of, u8, u16, u32, u64
from ir.ops import (
    CONV_ANY,
    CONV_DST_SHIFT,
    CONV_SEXT,
    FPM_CEIL,
    FPM_FLOOR,
    FPM_SQRT,
    FPM_TRUNC,
    Op,
)
from ir.types import IRType
from ir.values import Ins
from jitvm.native import tree
from jitvm.native.decorators import Kind
from jitvm.native.flow import Join
from jitvm.native.lower import CONDITIONS, VALUES, Lowering, lowers
from jitvm.native.types import BOOL, ir_type, is_pointer

SIGNED = (i32, i64)
BINARY = {
    "+": Op.ADD,
    "-": Op.SUB,
    "*": Op.MUL,
    "/": Op.DIV,
    "&": Op.BAND,
    "|": Op.BOR,
    "^": Op.BXOR,
    "<<": Op.BSHL,
    ">>": Op.BSHR,
}
COMPARE = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE, "==": Op.EQ, "!=": Op.NE}
UNSIGNED = {Op.LT: Op.ULT, Op.LE: Op.ULE, Op.GT: Op.UGT, Op.GE: Op.UGE}
#: Intrinsics: opcode and its literal operands.
INTRINSICS: dict[str, tuple[Op, tuple[int, ...]]] = {
    "sqrt": (Op.FPMATH, (FPM_SQRT,)),
    "floor": (Op.FPMATH, (FPM_FLOOR,)),
    "ceil": (Op.FPMATH, (FPM_CEIL,)),
    "trunc": (Op.FPMATH, (FPM_TRUNC,)),
    "fabs": (Op.ABS, ()),
    "fmin": (Op.MIN, ()),
    "fmax": (Op.MAX, ()),
    "bswap": (Op.BSWAP, ()),
    "idiv": (Op.IDIV, ()),
    "imod": (Op.IREM, ()),
    "rol32": (Op.BROL, ()),
    "ror32": (Op.BROR, ()),
    "clz32": (Op.CLZ, ()),
    "ctz32": (Op.CTZ, ()),
    "bits": (Op.COPY, ()),
    "from_bits": (Op.COPY, ()),
}


@lowers(VALUES, tree.Const)
def lower_const(low: Lowering, node: tree.Const) -> Ins:
    return low.build.constant(ir_type(node.type), node.value)


@lowers(VALUES, tree.Local)
def lower_local(low: Lowering, node: tree.Local) -> Ins:
    return low.read(node.name, node.line)


@lowers(VALUES, tree.Binary)
def lower_binary(low: Lowering, node: tree.Binary) -> Ins:
    left = low.value(node.left)
    right = low.value(node.right)
    op = Op.BSAR if node.op == ">>" and node.type in SIGNED else BINARY[node.op]
    return low.build.emit(op, ir_type(node.type), left, right)


@lowers(VALUES, tree.Unary)
def lower_unary(low: Lowering, node: tree.Unary) -> Ins:
    value, type_ = low.value(node.operand), ir_type(node.type)
    if node.op == "-":
        return low.build.emit(Op.NEG, type_, value, value)
    return low.build.emit(Op.BNOT, type_, value)


@lowers(VALUES, tree.Compare, tree.Truth, tree.Not, tree.BoolOp, tree.Hint)
def lower_bool(low: Lowering, node: tree.Expr) -> Ins:
    """A condition as a value: 1 or 0."""
    one, zero = low.build.kint(1), low.build.kint(0)
    return choose(low, node, lambda: one, lambda: zero)


@lowers(VALUES, tree.Choice)
def lower_choice(low: Lowering, node: tree.Choice) -> Ins:
    return choose(low, node.condition, lambda: low.value(node.yes), lambda: low.value(node.no))


def choose(low: Lowering, test: tree.Expr, yes: Callable[[], Ins], no: Callable[[], Ins]) -> Ins:
    """The value of one of two expressions."""
    flow, start, name = low.flow, low.flow.here, low.temporary()
    joins, end = (flow.join(), flow.join()), flow.join()
    cold = low.build.cold
    low.condition(test, *joins)
    for join, value in zip(joins, (yes, no)):
        flow.place(join, start)
        if flow.reachable:
            flow.env[name] = value()
            flow.jump(end)
    low.build.cold = cold
    flow.place(end, start)
    return flow.env.pop(name)


@lowers(VALUES, tree.Load)
def lower_load(low: Lowering, node: tree.Load) -> Ins:
    return low.build.load(ir_type(node.memory), offset(low, low.value(node.pointer), node.offset))


@lowers(VALUES, tree.Element)
def lower_element(low: Lowering, node: tree.Element) -> Ins:
    return low.build.load(ir_type(node.memory), element(low, node.pointer, node.index))


@lowers(VALUES, tree.Address)
def lower_address(low: Lowering, node: tree.Address) -> Ins:
    return offset(low, low.value(node.pointer), node.offset)


@lowers(VALUES, tree.Step)
def lower_step(low: Lowering, node: tree.Step) -> Ins:
    if node.op == "+":
        return element(low, node.pointer, node.index)
    pointer = low.value(node.pointer)
    distance = scaled(low, node.index, size_of(node.type.target))
    return low.build.emit(Op.SUB, IRType.P64, pointer, distance)


@lowers(VALUES, tree.Difference)
def lower_difference(low: Lowering, node: tree.Difference) -> Ins:
    left = low.value(node.left)
    distance = low.build.emit(Op.SUB, IRType.I64, left, low.value(node.right))
    size = size_of(node.left.type.target)
    if size & (size - 1) == 0:
        return low.build.emit(Op.BSAR, IRType.I64, distance, low.build.kint(size.bit_length() - 1))
    return low.build.emit(Op.IDIV, IRType.I64, distance, low.build.kint(size, IRType.I64))


def offset(low: Lowering, pointer: Ins, distance: int) -> Ins:
    """`pointer` plus a number of bytes."""
    return low.build.emit(Op.ADD, IRType.P64, pointer, low.build.kint(distance, IRType.I64))


def element(low: Lowering, pointer: tree.Expr, index: tree.Expr) -> Ins:
    """The address of an element."""
    base = low.value(pointer)
    return low.build.emit(Op.ADD, IRType.P64, base, scaled(low, index, size_of(pointer.type.target)))


def scaled(low: Lowering, index: tree.Expr, size: int) -> Ins:
    """An index of any integer type, in bytes."""
    number = integer(low, low.value(index), index.type, i64)
    return low.build.emit(Op.MUL, IRType.I64, number, low.build.kint(size, IRType.I64))


@lowers(VALUES, tree.Cast)
def lower_cast(low: Lowering, node: tree.Cast) -> Ins:
    value, source, to = low.value(node.operand), node.operand.type, node.to
    if to is f64:
        return _to_double(low, value, source)
    if source is f64:
        return _from_double(low, value, to)
    if isinstance(to, Ptr) or is_pointer(source):
        return value
    return integer(low, value, source, to)


def _to_double(low: Lowering, value: Ins, source: object) -> Ins:
    if source is f64:
        return value
    if source is u32:
        value, source = low.build.convert(IRType.I64, value, IRType.U32), i64
    return low.build.convert(IRType.NUM, value, ir_type(source))


def _from_double(low: Lowering, value: Ins, to: object) -> Ins:
    """Truncated; what does not fit a signed integer gives the smallest one."""
    target = IRType.INT if to in (i32, i8, u8, i16, u16) else IRType.I64
    mode = target << CONV_DST_SHIFT | IRType.NUM | CONV_ANY
    whole = low.build.emit(Op.CONV, target, value, mode)
    return integer(low, whole, i32 if target is IRType.INT else i64, to)


def integer(low: Lowering, value: Ins, source: object, to: object) -> Ins:
    """Conversion between integer types, bool included."""
    build = low.build
    if to in (u8, u16, i8, i16):
        value = integer(low, value, source, i32 if to in (i8, i16) else u32)
        if to in (u8, u16):
            return build.emit(Op.BAND, IRType.U32, value, build.kint(255 if to is u8 else 65535, IRType.U32))
        return build.convert(ir_type(to), value, IRType.INT)
    wide, narrow = to in (i64, u64), source in (i32, u32, BOOL)
    if wide and narrow:
        if source is i32:
            return build.convert(IRType.I64, value, IRType.INT, CONV_SEXT)
        return build.convert(ir_type(to), value, IRType.U32)
    if not wide and not narrow:
        return build.convert(ir_type(to), value, ir_type(source))
    return value


@lowers(VALUES, tree.Call)
def lower_call(low: Lowering, node: tree.Call) -> Ins | None:
    args = [None if arg is None else low.value(arg) for arg in node.args]
    if node.function.kind is Kind.INLINE:
        return low.inline(node, args)
    return low.build.emit(Op.CALL, ir_type(node.type), node.function.symbol, *args)


@lowers(VALUES, tree.CallPointer)
def lower_call_pointer(low: Lowering, node: tree.CallPointer) -> Ins:
    pointer = low.value(node.pointer)
    return low.build.emit(Op.CALLPTR, ir_type(node.type), pointer, *(low.value(arg) for arg in node.args))


@lowers(VALUES, tree.CallIntrinsic)
def lower_intrinsic(low: Lowering, node: tree.CallIntrinsic) -> Ins:
    op, literals = INTRINSICS[node.intrinsic.name]
    args = [low.value(arg) for arg in node.args]
    if op is Op.ABS:
        args *= 2  # The table gives it a second operand, a mask in traces.
    return low.build.emit(op, ir_type(node.type), *args, *literals)


@lowers(CONDITIONS, tree.Const)
def branch_const(low: Lowering, node: tree.Const, yes: Join, no: Join) -> None:
    low.flow.jump(yes if node.value else no)


@lowers(CONDITIONS, tree.Compare)
def branch_compare(low: Lowering, node: tree.Compare, yes: Join, no: Join) -> None:
    left = low.value(node.left)
    right = low.value(node.right)
    op, type_ = COMPARE[node.op], node.left.type
    if type_ not in SIGNED and type_ is not f64:
        op = UNSIGNED.get(op, op)
    low.flow.branch(op, ir_type(type_), left, right, yes, no)


@lowers(CONDITIONS, tree.Truth)
def branch_truth(low: Lowering, node: tree.Truth, yes: Join, no: Join) -> None:
    type_ = ir_type(node.operand.type)
    low.flow.branch(Op.NE, type_, low.value(node.operand), low.build.kint(0, type_), yes, no)


@lowers(CONDITIONS, tree.Not)
def branch_not(low: Lowering, node: tree.Not, yes: Join, no: Join) -> None:
    low.condition(node.operand, no, yes)


@lowers(CONDITIONS, tree.BoolOp)
def branch_bool_op(low: Lowering, node: tree.BoolOp, yes: Join, no: Join) -> None:
    """Left to right; all but the last operand may go on to the next."""
    for operand in node.operands[:-1]:
        start, further = low.flow.here, low.flow.join()
        ends = (further, no) if node.op == "and" else (yes, further)
        low.condition(operand, *ends)
        low.flow.place(further, start)
        if not low.flow.reachable:
            return
    low.condition(node.operands[-1], yes, no)


@lowers(CONDITIONS, tree.Hint)
def branch_hint(low: Lowering, node: tree.Hint, yes: Join, no: Join) -> None:
    rare = no if node.expected else yes
    rare.block.cold = True
    low.condition(node.operand, yes, no)
