"""Builds a native `Function`: the one door through which instructions of native code are made.

    b = FunctionBuilder("inc", Convention.NATIVE, IRType.INT)
    x = b.param(IRType.INT)
    b.ret(b.emit(Op.ADD, IRType.INT, x, b.kint(1)))
    function = b.finish()

`emit` folds constants and algebra, reuses an equal pure instruction that dominates, and appends.  Constants
are operands only: they stand in no block.  `finish` removes what is dead or trivial (`ir/passes/cleanup.py`)
and guarantees that an edge with arguments leaves a block by JMP, so that no edge with moves is critical.

A block is made (`new_block`) when something first jumps to it, and placed (`place`) when its code starts;
blocks are laid out in the order they were placed.
"""

from __future__ import annotations

import os
from collections.abc import Callable

from ir.arith import ARITH, COMPARE, Value, bits_of, compute, conversion, unsigned, wrap
from ir.ops import COMPARISONS, CONV_DST_SHIFT, CONV_SEXT, Op
from ir.record import dataclass, field
from ir.types import IRType
from ir.values import Block, Convention, Edge, Function, Ins, Operand

Fold = Callable[["FunctionBuilder", IRType, tuple[Operand, ...]], Ins | None]

#: What the index of a node of a table is multiplied with.
NODE_SIZE = 24

#: Operands may change places; of MINSD and MAXSD the second is the result if one is no number.
COMMUTATIVE = frozenset(op for op in Op if "C" in op.kind) - {Op.MIN, Op.MAX}
#: Algebraic rules by opcode, tried in order; the first that answers wins.
FOLDS: dict[Op, list[Fold]] = {}


def folds(*ops: Op) -> Callable[[Fold], Fold]:
    """Registers a rule for opcodes."""

    def register(rule: Fold) -> Fold:
        for op in ops:
            FOLDS.setdefault(op, []).append(rule)
        return rule

    return register


@dataclass(slots=True)
class Scope:
    """Pure instructions available in a block: its own, and those of the blocks that dominate it."""

    parent: Scope | None
    known: dict[tuple[Operand, ...], Ins] = field(default_factory=dict)

    def find(self, key: tuple[Operand, ...]) -> Ins | None:
        scope: Scope | None = self
        while scope is not None:
            if key in scope.known:
                return scope.known[key]
            scope = scope.parent
        return None


class FunctionBuilder:
    """One function under construction; `at` receives instructions and is None after the end of a block."""

    def __init__(self, name: str, convention: Convention, result: IRType | None, source: str = "") -> None:
        self.function = Function(name, convention, result, source=source)
        self.at: Block | None = None
        self.cold = False  # Blocks made now are cold.
        self._scopes: dict[int, Scope] = {}
        self._constants: dict[tuple[Operand, ...], Ins] = {}
        self._integers: dict[tuple[IRType, int], Ins] = {}  # As asked for, before wrapping.
        self._blocks = 0
        self.place(self.new_block())

    # Blocks.

    def new_block(self) -> Block:
        self._blocks += 1
        return Block(self._blocks - 1, cold=self.cold)

    def place(self, block: Block, dominator: Block | None = None) -> None:
        """Instructions now go to `block`.  `dominator` is any block known to come before it on every path."""
        assert self.at is None, f"{self.at} has no end yet"
        assert block not in self.function.blocks, f"{block} is placed twice"
        parent = self._scopes[dominator.index] if dominator is not None and not block.cold else None
        self._scopes[block.index] = Scope(parent)
        self.function.blocks.append(block)
        self.at = block

    def param(self, type_: IRType, block: Block | None = None) -> Ins:
        """A new parameter of a block, by default of the entry."""
        block = block or self.function.blocks[0]
        block.params.append(Ins(Op.PARAM, type_, (len(block.params),)))
        return block.params[-1]

    # Constants.

    def kint(self, value: int, type_: IRType = IRType.INT) -> Ins:
        """An integer or pointer constant, wrapped to its type."""
        known = self._integers.get((type_, value))
        if known is None:
            op = Op.KPTR if type_ is IRType.P64 else Op.KINT64 if type_.size == 8 else Op.KINT
            known = self._integers[type_, value] = self._constant(op, type_, value)
        return known

    def knum(self, value: float) -> Ins:
        return self._constant(Op.KNUM, IRType.NUM, value)

    def constant(self, type_: IRType, value: Value) -> Ins:
        return self.knum(value) if type_.is_float else self.kint(value, type_)

    def _constant(self, op: Op, type_: IRType, value: Value) -> Ins:
        value = wrap(type_, value)
        key = (op, type_, bits_of(value) if type_.is_float else value)
        if key not in self._constants:
            self._constants[key] = Ins(op, type_, (value,), ref=-1 - len(self._constants))
        return self._constants[key]

    # Instructions.

    def emit(self, op: Op, type_: IRType, *args: Operand) -> Ins:
        """The value of an instruction: folded, found, or appended."""
        assert self.at is not None, f"{op.name} after the end of a block"
        if op in ARITH:
            return self._pure(op, type_, args)
        return self._append(op, type_, args)

    def _pure(self, op: Op, type_: IRType, args: tuple[Operand, ...]) -> Ins:
        if op in COMMUTATIVE and args[0].is_const:  # type: ignore[attr-defined]
            args = (args[1], args[0])
        for arg in args:
            if isinstance(arg, Ins) and not arg.is_const:
                break
        else:
            values = tuple([a.value if isinstance(a, Ins) else a for a in args])
            if not (op in (Op.IDIV, Op.IREM) and values[1] == 0):
                return self.constant(type_, compute(op, type_, values))
        for rule in FOLDS.get(op, ()):
            found = rule(self, type_, args)
            if found is not None:
                return found
        assert self.at is not None
        scope, key = self._scopes[self.at.index], (op, type_, *args)
        known = scope.find(key)
        if known is None:
            known = scope.known[key] = self._append(op, type_, args)
        return known

    def _append(self, op: Op, type_: IRType, args: tuple[Operand, ...]) -> Ins:
        assert self.at is not None
        ins = Ins(op, type_, args)
        self.at.body.append(ins)
        return ins

    def load(self, type_: IRType, ptr: Ins) -> Ins:
        return self.emit(Op.XLOAD, type_, ptr, 0)

    def store(self, type_: IRType, ptr: Ins, value: Ins) -> None:
        self.emit(Op.XSTORE, type_, ptr, value)

    def convert(self, dst: IRType, value: Ins, src: IRType | None = None, extend: int = 0) -> Ins:
        """CONV from `src` (the value's own type by default); `extend` is CONV_SEXT or 0."""
        source = src or value.type
        return self.emit(Op.CONV, dst, value, dst << CONV_DST_SHIFT | source | extend)

    # Ends of blocks.

    def jump(self, edge: Edge) -> None:
        self._end(Op.JMP, edge)

    def branch(self, op: Op, type_: IRType, a: Ins, b: Ins, taken: Edge, other: Edge) -> list[Edge]:
        """Compare and branch; returns the edges that can be taken."""
        if op not in COMPARISONS:
            raise AssertionError(f"{op.name} is no comparison")
        if a.is_const and b.is_const:
            kept = taken if COMPARE[op](type_, a.value, b.value) else other
            self.jump(kept)
            return [kept]
        self._end(Op.BR, self._append(op, type_, (a, b)), taken, other)
        return [taken, other]

    def ret(self, value: Ins | None = None) -> None:
        self._end(Op.RET, *(() if value is None else (value,)))

    def end(self, op: Op, *args: Operand) -> None:
        """NEXT, TAIL or TAILPTR."""
        self._end(op, *args)

    def _end(self, op: Op, *args: Operand) -> None:
        assert "T" in op.kind, op
        self._append(op, IRType.NIL, args)
        self.at = None

    def finish_trace(self) -> Function:
        """As `finish`, for an expanded trace; verified where JITVM_CHECK=1, as in all tests."""
        from ir.passes.cleanup import cleanup_trace

        cleanup_trace(self.function)
        if os.environ.get("JITVM_CHECK") == "1":
            from ir.passes.cleanup import number
            from ir.verify import verify

            number(self.function)
            verify(self.function)
        return self.function

    def finish(self) -> Function:
        """The function, cleaned up, numbered, and verified."""
        from ir.passes.cleanup import cleanup
        from ir.verify import verify

        assert self.at is None, f"{self.function.name}: {self.at} has no end"
        cleanup(self.function)
        verify(self.function)
        return self.function


def _const(arg: Operand) -> Value | None:
    """The value of a constant operand, None for others."""
    return arg.value if isinstance(arg, Ins) and arg.is_const else None


def _ins(arg: Operand) -> Ins:
    assert isinstance(arg, Ins), arg
    return arg


@folds(Op.ADD, Op.SUB, Op.BOR, Op.BXOR, Op.BSHL, Op.BSHR, Op.BSAR, Op.BROL, Op.BROR)
def _right_zero(_: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    return _ins(args[0]) if not type_.is_float and _const(args[1]) == 0 else None


@folds(Op.SUB, Op.BXOR)
def _same_operands(b: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    return b.kint(0, type_) if args[0] is args[1] and not type_.is_float else None


@folds(Op.SUB)
def _subtract_constant(b: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    value = _const(args[1])
    if value is None or type_.is_float:
        return None
    return b.emit(Op.ADD, type_, args[0], b.kint(-value, _ins(args[1]).type))


@folds(Op.ADD)
def _add_twice(b: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    inner, value = _ins(args[0]), _const(args[1])
    if type_.is_float or value is None or inner.op is not Op.ADD or inner.type.size != type_.size:
        return None
    first = _const(inner.args[1])
    if first is None:
        return None
    return b.emit(Op.ADD, type_, inner.args[0], b.kint(first + value, _ins(args[1]).type))


@folds(Op.MUL)
def _multiply(b: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    value = _const(args[1])
    if type_.is_float or value is None:
        return None
    if value == 0:
        return b.kint(0, type_)
    if value > 0 and value & (value - 1) == 0:
        return b.emit(Op.BSHL, type_, args[0], b.kint(value.bit_length() - 1))
    if value == NODE_SIZE and b.function.convention is not Convention.TRACE:
        # Of 3 * 8 a lea does the first, an addressing mode the second: sooner done, if not shorter.
        return b.emit(Op.BSHL, type_, b.emit(Op.MUL, type_, args[0], b.kint(3, type_)), b.kint(3))
    return None


@folds(Op.BAND)
def _mask(b: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    value, inner = _const(args[1]), _ins(args[0])
    if value is None:
        return inner if args[0] is args[1] else None
    mask = unsigned(type_, value)
    if mask == 0:
        return b.kint(0, type_)
    if mask == unsigned(type_, -1) or (inner.type is IRType.U8 and mask & 255 == 255):
        return inner
    first = _const(inner.args[1]) if inner.op is Op.BAND and inner.type.size == type_.size else None
    return None if first is None else b.emit(Op.BAND, type_, inner.args[0], b.kint(first & value, type_))


@folds(Op.CONV)
def _convert_back(_: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    """Narrowing undoes widening; an integer widened to a double and truncated is itself."""
    inner, mode = _ins(args[0]), args[1]
    if inner.op is not Op.CONV or type_.is_float:
        return None
    assert isinstance(mode, int)
    narrow, back = conversion(inner.args[1])[0], conversion(mode)[0]
    widened = type_.size == 4 and narrow.size == 4 and not narrow.is_float
    if not widened or (back.is_float and (type_, narrow) != (IRType.INT, IRType.INT)):
        return None
    return _ins(inner.args[0])


@folds(Op.CONV)
def _widened_mask(b: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    """The low bits of a 64-bit integer, taken in 32 bits and widened again."""
    masked, mode = _ins(args[0]), args[1]
    assert isinstance(mode, int)
    if type_.size != 8 or type_.is_float or masked.op is not Op.BAND or conversion(mode)[0] is not IRType.U32:
        return None
    narrowed, mask = masked.args[0], _const(masked.args[1])
    if mask is None or narrowed.op is not Op.CONV or conversion(narrowed.args[1])[0].size != 8:
        return None
    if narrowed.args[0].type.is_float:
        return None
    return b.emit(Op.BAND, type_, narrowed.args[0], b.kint(unsigned(IRType.U32, mask), type_))


@folds(Op.CONV)
def _widened_small(b: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    """A 64-bit integer below 2^32, narrowed and widened again, is itself."""
    narrowed, mode = _ins(args[0]), args[1]
    assert isinstance(mode, int)
    widens = type_.size == 8 and not type_.is_float and conversion(mode)[0] is IRType.U32
    if not widens or narrowed.op is not Op.CONV or not conversion(narrowed.args[1])[0].is_64:
        return None
    value = narrowed.args[0]
    constant = _const(value.args[1]) if value.op in (Op.BAND, Op.BSHR) else None
    if constant is None or value.type.size != 8:
        return None
    small = 0 <= constant <= 0xFFFFFFFF if value.op is Op.BAND else constant & 63 >= 32
    return _ins(value) if small else None


@folds(Op.CONV)
def _same_width(_: FunctionBuilder, type_: IRType, args: tuple[Operand, ...]) -> Ins | None:
    """No instruction is needed between types of one width."""
    mode = args[1]
    assert isinstance(mode, int)
    src = conversion(mode)[0]
    if src.is_float or type_.is_float or mode & CONV_SEXT or src.size != type_.size:
        return None
    return _ins(args[0])
