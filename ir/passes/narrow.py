"""Narrowing: integers where the program computes with doubles, only where that pays.

All Lua numbers are doubles and stay doubles, except loop counters (predicted to be integers) and whatever is
forced to be an integer: an array index, an operand of a bit operation.  There the recorder emits a
conversion, CONV int.num or TOBIT.  Folding meets it on top of an ADD or SUB of doubles and asks
`narrow_convert` to move the conversion towards the leaves:

    t[i+1]     CONV int.num (ADD (CONV num.int i) +1)   =>   ADDOV i +1   =>   ADD i +1

The double operations lose their last use and are removed later.  An index needs no overflow check of its own
if a bounds check follows and the constant is below 2^30: whatever wraps is out of bounds.

Moving must not add conversions: `narrow_convert` first collects, without emitting, what it would have to
emit, a program for a little stack machine, and gives up if that holds more than one conversion.  What it
emits is remembered in a small cache by value and mode, so that t[i+1] = t[i+1] + 1 narrows i+1 once.

The functions below `narrow_convert` are for the recorder: operations whose type depends on the values seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir.abort import Abort, TraceError
from ir.enums import Enum
from ir.fields import GG_NEG
from ir.fold.evaluate import num_arith, num_to_int
from ir.ops import (
    CONV_ANY,
    CONV_CHECK,
    CONV_DST_SHIFT,
    CONV_INDEX,
    CONV_SEXT,
    CONV_SRC_MASK,
    FPM_FLOOR,
    Op,
)
from ir.passes.flags import OptFlag
from ir.record import dataclass, field
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder

CONV_NUM_INT = IRType.NUM << CONV_DST_SHIFT | IRType.INT
CONV_INT_NUM = IRType.INT << CONV_DST_SHIFT | IRType.NUM
CONV_I64_INT_SEXT = IRType.I64 << CONV_DST_SHIFT | IRType.INT | CONV_SEXT
#: Cache mode of TOBIT: no check at all.
_TOBIT = 0
_STRIP = IRType.INT << CONV_DST_SHIFT | IRType.INT | _TOBIT
_MODE_MASK, _CHECK_MASK = 0xFFF, 0xF000
#: 2^52 + 2^51: adding it moves the integer part of a double into its low bits.
TOBIT_BIAS = 6755399441055744.0
_MAX_DEPTH, _MAX_CODE, _CACHE_SLOTS = 100, 252, 16
_INT_TYPES = (IRType.I8, IRType.U8, IRType.I16, IRType.U16, IRType.INT)
_NARROW = int(OptFlag.NARROW)
_UNCHECKED = {Op.ADDOV: Op.ADD, Op.SUBOV: Op.SUB, Op.MULOV: Op.MUL}
_CHECKED = {Op.ADD: Op.ADDOV, Op.SUB: Op.SUBOV}


@dataclass(slots=True)
class BackpropCache:
    """The last narrowings: (value, narrowed value, mode), overwritten in turn."""

    entries: list[tuple[Ins, Ins, int] | None] = field(default_factory=lambda: [None] * _CACHE_SLOTS)
    slot: int = 0

    def get(self, key: Ins, mode: int) -> Ins | None:
        """A narrowing of `key` with this mode or a stronger check."""
        for entry in self.entries:
            if entry is None or entry[0] is not key:
                continue
            if entry[2] >= mode and not (entry[2] ^ mode) & _MODE_MASK:
                return entry[1]
        return None

    def put(self, key: Ins, value: Ins, mode: int) -> None:
        self.entries[self.slot] = (key, value, mode)
        self.slot = (self.slot + 1) % _CACHE_SLOTS

    def drop_from(self, ref: int) -> None:
        """Forget values from `ref` on, which were rolled back."""
        self.entries = [None if entry and entry[1].ref >= ref else entry for entry in self.entries]

    def clear(self) -> None:
        self.entries = [None] * _CACHE_SLOTS


class _Code(Enum):
    """Instructions of the stack machine."""

    REF = 1  # Push the value.
    CONV = 2  # Push a conversion of the value.
    SEXT = 3  # Sign-extend the top.
    INT = 4  # Push an integer constant.
    ARITH = 5  # Pop two, push the integer version of the value's operation.


_Program = list[tuple[_Code, Ins | None, int]]


@dataclass(slots=True)
class _Narrowing:
    """One conversion on its way to the leaves."""

    b: TraceBuilder
    ins: Ins  # The conversion.
    mode: int
    code: _Program = field(default_factory=list)

    @property
    def full(self) -> bool:
        return len(self.code) >= _MAX_CODE

    def strip_overflow(self, value: Ins, depth: int) -> None:
        """Collect an integer value, without overflow checks where wrapping is allowed."""
        op = value.op
        wraps = op in (Op.ADDOV, Op.SUBOV) or (op is Op.MULOV and self.mode & _CHECK_MASK == CONV_ANY)
        if wraps:
            cached = self.b.backprop.get(value, _TOBIT)
            if cached is not None:
                value = cached
            elif depth + 1 < _MAX_DEPTH and not self.full:
                mark = len(self.code)
                self.strip_overflow(value.args[0], depth + 1)
                if not self.full:
                    self.strip_overflow(value.args[1], depth + 1)
                    if not self.full:
                        self.code.append((_Code.ARITH, value, 0))
                        return
                del self.code[mark:]
        self.code.append((_Code.REF, value, 0))

    def collect(self, value: Ins, depth: int) -> int:
        """Collect what computes the narrowed value; the number of conversions needed, 10 for "no"."""
        if self.full:
            return 10
        if value.op is Op.CONV and value.args[1] & CONV_SRC_MASK == IRType.INT:
            if self.mode & _CHECK_MASK <= CONV_ANY:
                self.strip_overflow(value.args[0], depth + 1)
            else:
                self.code.append((_Code.REF, value.args[0], 0))
            if self.ins.type is IRType.I64:
                self.code.append((_Code.SEXT, None, 0))
            return 0
        if value.op is Op.KNUM:
            return self.collect_constant(value.args[0])
        known = self.known_conversion(value, depth)
        if known is not None:
            self.code.append((_Code.REF, known, 0))
            return 0
        if value.op in (Op.ADD, Op.SUB):
            count = self.collect_arith(value, depth)
            if count is not None:
                return count
        if depth > 0 and self.mode & _CHECK_MASK == CONV_ANY:
            return 10  # 10 - 1.5, truncated, is not 10 less 1.5, truncated.  LuaJIT narrows that.
        self.code.append((_Code.CONV, value, 0))
        return 1

    def collect_constant(self, number: float) -> int:
        """Small integers are narrowed; TOBIT takes all integers."""
        if self.mode & _CHECK_MASK == _TOBIT:
            fits = -(2.0**63) <= number < 2.0**63 and number == int(number)
        else:
            fits = -0x8000 <= number <= 0x7FFF and number == int(number)
        if not fits:
            return 10
        self.code.append((_Code.INT, None, int(number)))
        return 0

    def known_conversion(self, value: Ins, depth: int) -> Ins | None:
        """An earlier conversion of the same value, with a check that is at least as strong."""
        ins = self.ins
        for other in reversed(self.b.chain[ins.op]):
            if other.ref <= value.ref:
                break
            if other.args[0] is value:
                if ins.op is Op.TOBIT:
                    return other
                exact = other.guard or (depth == 0 and not ins.guard)
                if exact and not (other.args[1] ^ self.mode) & _MODE_MASK:
                    return other
        return None

    def collect_arith(self, value: Ins, depth: int) -> int | None:
        """Narrow both operands of ADD or SUB; None if that takes too many conversions."""
        mode = self.mode
        if mode & _CHECK_MASK == CONV_INDEX and depth > 0:
            mode += CONV_CHECK - CONV_INDEX  # Only the outermost operation may leave out its check.
        cached = self.b.backprop.get(value, mode)
        if cached is not None:
            self.code.append((_Code.REF, cached, 0))
            return 0
        if self.ins.type is IRType.I64:
            cached = self.b.backprop.get(value, CONV_INT_NUM | CONV_INDEX)
            if cached is not None:
                self.code += [(_Code.REF, cached, 0), (_Code.SEXT, None, 0)]
                return 0
        if depth + 1 >= _MAX_DEPTH or self.full:
            return None
        mark = len(self.code)
        count = self.collect(value.args[0], depth + 1) + self.collect(value.args[1], depth + 1)
        if count <= 1:
            self.code.append((_Code.ARITH, value, 0))
            return count
        del self.code[mark:]
        return None

    def emit(self) -> Ins:
        """Run the program."""
        b, ins = self.b, self.ins
        stack: list[Ins] = []
        for position, (code, value, number) in enumerate(self.code):
            match code:
                case _Code.REF:
                    assert value is not None
                    stack.append(value)
                case _Code.CONV:
                    stack.append(b.raw(ins.op, ins.type, value, ins.args[1], guard=ins.guard))
                case _Code.SEXT:
                    stack.append(b.emit(Op.CONV, IRType.I64, stack.pop(), CONV_I64_INT_SEXT))
                case _Code.INT:
                    stack.append(b.kint64(number) if ins.type is IRType.I64 else b.kint(number))
                case _Code.ARITH:
                    assert value is not None
                    right = stack.pop()
                    last = position == len(self.code) - 1
                    stack.append(self.emit_arith(value, stack.pop(), right, last))
        assert len(stack) == 1, self.code
        return stack[0]

    def emit_arith(self, value: Ins, left: Ins, right: Ins, last: bool) -> Ins:
        """Integer version of `value`'s operation, with an overflow check if the conversion was a guard."""
        mode, checked = self.mode, self.ins.guard
        if mode & _CHECK_MASK == CONV_INDEX:
            if last and right.op in (Op.KINT, Op.KINT64) and -0x40000000 <= right.args[0] < 0x40000000:
                checked = False
            else:
                mode += CONV_CHECK - CONV_INDEX
        op = _UNCHECKED.get(value.op, value.op)
        type_ = IRType.INT if op is not value.op else self.ins.type
        result = self.b.emit(_CHECKED[op] if checked else op, type_, left, right, guard=checked)
        self.b.backprop.put(value, result, mode)
        return result


def narrow_convert(b: TraceBuilder, ins: Ins) -> Ins | None:
    """Move a conversion of an ADD or SUB to the leaves; None if that does not pay."""
    if not b.flags & _NARROW:
        return None
    mode = _TOBIT if ins.op is Op.TOBIT else ins.args[1]
    narrowing = _Narrowing(b, ins, mode)
    return narrowing.emit() if narrowing.collect(ins.args[0], 0) <= 1 else None


# Implicit conversions.


def to_num(b: TraceBuilder, value: Ins) -> Ins:
    """Number or numeric string as a double."""
    if value.type is IRType.NUM:
        return value
    if value.type in _INT_TYPES:
        return b.emit(Op.CONV, IRType.NUM, value, CONV_NUM_INT)
    if value.type is IRType.STR:
        return b.emit(Op.STRTO, IRType.NUM, value, guard=True)
    raise Abort(TraceError.BADTYPE)


def _string_to_num(b: TraceBuilder, value: Ins) -> Ins:
    return to_num(b, value) if value.type is IRType.STR else value


def _strip(b: TraceBuilder, value: Ins, last: Op, mode: int) -> Ins:
    """The value without overflow checks of the operations up to `last`."""
    if Op.ADDOV <= value.op <= last:
        cached = b.backprop.get(value, mode)
        if cached is not None:
            return cached
        left = _strip(b, value.args[0], last, mode)
        right = _strip(b, value.args[1], last, mode)
        result = b.emit(_UNCHECKED[value.op], IRType.INT, left, right)
        b.backprop.put(value, result, mode)
        return result
    return value


def narrow_index(b: TraceBuilder, value: Ins) -> Ins:
    """Number as an array index; a bounds check must follow."""
    if value.type is IRType.NUM:
        return b.emit(Op.CONV, IRType.INT, value, CONV_INT_NUM | CONV_INDEX, guard=True)
    if value.op in (Op.ADDOV, Op.SUBOV):
        k = value.args[1]
        if k.op is Op.KINT and -0x40000000 <= k.args[0] < 0x40000000:
            return b.emit(_UNCHECKED[value.op], IRType.INT, value.args[0], k)
    return value


def narrow_toint(b: TraceBuilder, value: Ins) -> Ins:
    """Operand as an integer; what happens on overflow is not defined."""
    value = _string_to_num(b, value)
    if value.type is IRType.NUM:
        return b.emit(Op.CONV, IRType.INT, value, CONV_INT_NUM | CONV_ANY)
    if value.type not in _INT_TYPES:
        raise Abort(TraceError.BADTYPE)
    return _strip(b, value, Op.MULOV, _STRIP)


def narrow_tobit(b: TraceBuilder, value: Ins) -> Ins:
    """Operand of a bit operation; overflow wraps."""
    value = _string_to_num(b, value)
    if value.type is IRType.NUM:
        return b.emit(Op.TOBIT, IRType.INT, value, b.knum(TOBIT_BIAS))
    if value.type not in _INT_TYPES:
        raise Abort(TraceError.BADTYPE)
    return _strip(b, value, Op.SUBOV, _STRIP)


# Arithmetic, by the values seen (strings already converted by the caller).


def narrow_arith(b: TraceBuilder, op: Op, left: Ins, right: Ins, left_seen: float, right_seen: float) -> Ins:
    """left op right, for + - * / ^; integer for + and - of integers whose sum was one."""
    left, right = _string_to_num(b, left), _string_to_num(b, right)
    if op in _CHECKED and left.type in _INT_TYPES and right.type in _INT_TYPES:
        result = num_arith(op, left_seen, right_seen)
        if result == num_to_int(result):
            return b.emit(_CHECKED[op], IRType.INT, left, right, guard=True)
    return b.emit(op, IRType.NUM, to_num(b, left), to_num(b, right))


def narrow_unm(b: TraceBuilder, value: Ins, seen: float) -> Ins:
    """-value; integer unless it was 0 (-0 is no integer) or the minimum."""
    value = _string_to_num(b, value)
    if value.type in _INT_TYPES:
        if seen != 0.0 and seen != -2147483648.0:
            zero = b.kint(0)
            b.emit(Op.NE, IRType.INT, value, zero, guard=True)
            return b.emit(Op.SUBOV, IRType.INT, zero, value, guard=True)
        value = to_num(b, value)
    mask = b.emit(Op.FLOAD, IRType.NUM, b.trace.k_nil, GG_NEG)
    return b.emit(Op.NEG, IRType.NUM, value, mask)


def narrow_mod(b: TraceBuilder, left: Ins, right: Ins, left_seen: float, right_seen: float) -> Ins:
    """left % right; integer if both are and the divisor was not zero."""
    left, right = _string_to_num(b, left), _string_to_num(b, right)
    both = left.type in _INT_TYPES and right.type in _INT_TYPES
    if b.flags & _NARROW and both and right_seen != 0.0:
        b.emit(Op.NE, IRType.INT, right, b.kint(0), guard=True)
        return b.emit(Op.MOD, IRType.INT, left, right)
    left, right = to_num(b, left), to_num(b, right)
    quotient = b.emit(Op.FPMATH, IRType.NUM, b.emit(Op.DIV, IRType.NUM, left, right), FPM_FLOOR)
    return b.emit(Op.SUB, IRType.NUM, left, b.emit(Op.MUL, IRType.NUM, quotient, right))


def narrow_forl(b: TraceBuilder, start: float, stop: float, step: float) -> IRType:
    """Type of a numeric loop's counter: INT if all its values are integers that cannot overflow."""
    if b.flags & _NARROW and all(value == num_to_int(value) for value in (start, stop, step)):
        end = stop + step
        if end <= 2147483647.0 if step >= 0.0 else end >= -2147483648.0:
            return IRType.INT
    return IRType.NUM
