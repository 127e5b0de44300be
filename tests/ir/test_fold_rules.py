"""Every rule of pure operations, alone: both sides evaluate to the same for random operands.

For each pattern of a rule a candidate is made up: operands are leaves (SLOADs with random values), constants,
or one operation on those.  The rule is called directly, so that no other rule hides it.
"""

from __future__ import annotations

import math
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ir.abort import Abort
from ir.builder import DROPPED, TraceBuilder
from ir.fold import evaluate
from ir.fold.engine import RULES, Rule, conversion
from ir.ops import COMPARISONS, CONV_ANY, CONV_CHECK, CONV_DST_SHIFT, CONV_SEXT, CONV_SRC_MASK, FPM_NAMES, Op
from ir.trace import Trace
from ir.types import IRType
from ir.values import Ins
from tests.ir import test_fold_luajit, test_fold_memory
from tests.ir.fold_replay import FakeHeap
from tests.support import oracle

INT, NUM, I64, U32 = IRType.INT, IRType.NUM, IRType.I64, IRType.U32
TYPES = {type_.name3.strip(): type_ for type_ in IRType}
INTS = st.one_of(
    st.sampled_from([0, 1, -1, 2, 3, 5, 8, -8, 31, 32, 33, 63, 255, 65535, 2**29 - 1, 2**31 - 1, -(2**31)]),
    st.integers(-(2**31), 2**31 - 1),
)
LONGS = st.one_of(INTS, st.sampled_from([2**63 - 1, -(2**63), 2**40]), st.integers(-(2**63), 2**63 - 1))
DOUBLES = st.one_of(
    st.sampled_from(
        [0.0, -0.0, 1.0, -1.0, 2.0, 0.5, -0.25, 4.0, 3.0, 1e300, -1e-300, math.inf, -math.inf, math.nan]
    ),
    st.sampled_from([float(2**31), float(-(2**31)), 2.0**52, 1.5, 2.5, -7.0]),
    st.integers(-1000, 1000).map(float),
    st.floats(),
)
VALUES = {INT: INTS, U32: INTS, I64: LONGS, IRType.U64: LONGS, NUM: DOUBLES}
SMALL = {
    IRType.I8: (-128, 127),
    IRType.U8: (0, 255),
    IRType.I16: (-(2**15), 2**15 - 1),
    IRType.U16: (0, 65535),
}
NUM_ONLY = {Op.DIV, Op.FPMATH, Op.ABS, Op.LDEXP, Op.POW}
BITS = {Op.BNOT, Op.BSWAP, Op.BAND, Op.BOR, Op.BXOR, Op.BSHL, Op.BSHR, Op.BSAR, Op.BROL, Op.BROR}
INT_ONLY = BITS | {Op.ADDOV, Op.SUBOV, Op.MULOV, Op.ABC}
EITHER = {Op.ADD, Op.SUB, Op.MUL, Op.MOD, Op.NEG, Op.MIN, Op.MAX} | (COMPARISONS - {Op.ABC})
PURE = NUM_ONLY | INT_ONLY | EITHER | {Op.CONV, Op.TOBIT}
CONSTANTS = {"KINT": INT, "KINT64": I64, "KNUM": NUM}
SHIFTS = {Op.BSHL, Op.BSHR, Op.BSAR, Op.BROL, Op.BROR}
APPLIED: set[str] = set()

#: Rules that need a lucky constant.
RARE = {"simplify_andk_shiftk", "simplify_andor_k"}
#: Not provable from the operands alone: they use what the trace, the loop or the heap says.
CONTEXTUAL = {
    "abc_fwd",
    "abc_k",
    "abc_invar",
    "cse_conv",
    "simplify_conv_sext",
    "keep_null_check",
    "kfold_kref",
}
CONTEXTUAL |= {"fold_base", "kfold_add_kgc", "kfold_add_kptr", "kfold_add_kright"}


class Undefined(Exception):
    """The operation has no value for these operands (a failing guard, a conversion out of range)."""


def value_of(ins: Ins, env: dict[Ins, float]) -> float:
    """Evaluate a pure instruction; comparisons give True or False."""
    op, type_ = ins.op, ins.type
    if op is Op.SLOAD:
        return env[ins]
    if op in (Op.KINT, Op.KNUM, Op.KINT64):
        return ins.args[0]
    if op is Op.FLOAD:
        return 0.0  # Mask of NEG and ABS.
    left = value_of(ins.args[0], env)
    if op is Op.CONV:
        return converted(left, ins)
    if op is Op.FPMATH:
        return evaluate.fpmath(ins.args[1], left)
    if op is Op.TOBIT:
        if not abs(left) < 2.0**51:
            raise Undefined
        return evaluate.num_to_bit(left)
    right = value_of(ins.args[1], env) if len(ins.args) > 1 else 0
    if op in COMPARISONS or op is Op.ABC:
        return compared(op, type_, left, right)
    if op in (Op.ADDOV, Op.SUBOV, Op.MULOV):
        exact = {Op.ADDOV: left + right, Op.SUBOV: left - right, Op.MULOV: left * right}[op]
        if not -(2**31) <= exact < 2**31:
            raise Undefined
        return exact
    if type_ is NUM:
        return evaluate.num_arith(op, left, right)
    return computed(op, type_, int(left), int(right))


def computed(op: Op, type_: IRType, left: int, right: int) -> int:
    width = 8 * type_.size
    if op is Op.BNOT:
        return ~left
    if op is Op.BSWAP:
        data = (left & ((1 << width) - 1)).to_bytes(width // 8, "little")
        return int.from_bytes(data, "big", signed=True)
    if op is Op.MOD and right == 0:
        raise Undefined
    return (evaluate.int_arith if width == 32 else evaluate.int64_arith)(op, left, right)


def compared(op: Op, type_: IRType, left: float, right: float) -> bool:
    if type_ is NUM:
        return evaluate.num_compare(op, left, right)
    return evaluate.int_compare(op, int(left), int(right), 8 * type_.size)


def converted(value: float, ins: Ins) -> float:
    mode = ins.args[1]
    dst, src = tuple(IRType)[mode >> CONV_DST_SHIFT & 31], tuple(IRType)[mode & CONV_SRC_MASK]
    if src is NUM:
        limits = {INT: (-(2**31), 2**31), U32: (0, 2**32), I64: (-(2**63), 2**63), IRType.U64: (0, 2**64)}[
            dst
        ]
        if not limits[0] <= value < limits[1] or (ins.guard and value != int(value)):
            raise Undefined
        return evaluate.wrap32(int(value)) if dst.size == 4 else evaluate.wrap64(int(value))
    number = int(value)
    if src in (U32, IRType.U64) or (dst.size == 8 and src is INT and not mode & CONV_SEXT and dst is not NUM):
        number &= (1 << 8 * src.size) - 1
    if src in SMALL:
        number &= (1 << 8 * src.size) - 1
        number -= (1 << 8 * src.size) if number > SMALL[src][1] else 0
    if dst is NUM:
        return float(number)
    return evaluate.wrap32(number) if dst.size == 4 else evaluate.wrap64(number)


class Maker:
    """Makes up candidates for a pattern."""

    def __init__(self, data: st.DataObject) -> None:
        self.data = data
        self.b = TraceBuilder(Trace(), heap=FakeHeap())
        self.env: dict[Ins, float] = {}
        self.leaves: list[Ins] = []

    def draw(self, strategy: st.SearchStrategy):
        return self.data.draw(strategy)

    def leaf(self, type_: IRType) -> Ins:
        known = [leaf for leaf in self.leaves if leaf.type is type_]
        if known and self.draw(st.booleans()):
            return self.draw(st.sampled_from(known))
        ins = self.b.raw(Op.SLOAD, type_, len(self.leaves) + 2, 4, guard=True)
        self.env[ins] = self.draw(VALUES[type_])
        self.leaves.append(ins)
        return ins

    def constant(self, type_: IRType) -> Ins:
        value = self.draw(VALUES[type_])
        if type_ is NUM:
            return self.b.knum(value)
        return self.b.kint64(value) if type_.size == 8 else self.b.kint(value)

    def operand(self, word: str, type_: IRType) -> Ins:
        if word in CONSTANTS:
            return self.constant(CONSTANTS[word])
        if word == "any":
            return self.leaf(type_)
        if word == "FLOAD":
            return self.b.emit(Op.FLOAD, NUM, self.b.trace.k_nil, 276)
        return self.operation(Op[word], type_)

    def operation(self, op: Op, type_: IRType) -> Ins:
        """An instruction of the trace with leaves, or a constant on the right."""
        if op is Op.CONV:
            src = self.draw(st.sampled_from([INT, U32, NUM] if type_ is not NUM else [INT, U32]))
            mode = type_ << CONV_DST_SHIFT | src
            guard = src is NUM and self.draw(st.booleans())
            return self.b.raw(op, type_, self.leaf(src), mode | (CONV_CHECK if guard else 0), guard=guard)
        if op is Op.FPMATH:
            return self.b.raw(op, NUM, self.leaf(NUM), self.draw(st.integers(0, 3)))
        left = self.leaf(type_)
        if op in (Op.NEG, Op.ABS) and type_ is NUM:
            return self.b.raw(op, NUM, left, self.operand("FLOAD", NUM))
        if op in (Op.BNOT, Op.BSWAP):
            return self.b.raw(op, type_, left)
        right_type = INT if op in SHIFTS else type_
        right = self.constant(right_type) if self.draw(st.booleans()) else self.leaf(right_type)
        return self.b.raw(op, type_, left, right)

    def candidate(self, pattern: str) -> Ins:
        words = [*pattern.split(), "any", "any"]
        op, left, right = Op[words[0]], words[1], words[2]
        if op is Op.CONV:
            return self.conversion(left, right)
        if op is Op.TOBIT:
            return Ins(op, INT, (self.operand(left, NUM), self.b.knum(6755399441055744.0)))
        if op is Op.FPMATH:
            function = self.draw(st.integers(0, 3)) if right == "any" else FPM_NAMES.index(right)
            return Ins(op, NUM, (self.operand(left, NUM), function))
        type_ = self.type_for(op, left, right)
        args = [self.operand(left, type_)]
        if op not in (Op.BNOT, Op.BSWAP):
            if op in (Op.NEG, Op.ABS) and type_ is NUM:
                right = "FLOAD"
            args.append(self.operand(right, INT if op in SHIFTS else type_))
        guard = op in COMPARISONS or op in (Op.ADDOV, Op.SUBOV, Op.MULOV, Op.ABC)
        return Ins(op, type_, tuple(args), guard)

    def type_for(self, op: Op, left: str, right: str) -> IRType:
        known = {CONSTANTS[word] for word in (left, right) if word in CONSTANTS}
        if op in SHIFTS:
            known = {CONSTANTS[left]} if left in CONSTANTS else set()
        if known:
            return known.pop()
        inner = {Op[word] for word in (left, right) if word in Op.__members__}
        if op in NUM_ONLY or inner & NUM_ONLY or "FLOAD" in (left, right):
            return NUM
        if op in INT_ONLY or inner & INT_ONLY:
            return (
                INT
                if op in (Op.ADDOV, Op.SUBOV, Op.MULOV, Op.ABC)
                else self.draw(st.sampled_from([INT, I64]))
            )
        return self.draw(st.sampled_from([INT, NUM]))

    def conversion(self, left: str, right: str) -> Ins:
        dst, src = (TYPES[word] for word in right.split("."))
        mode = conversion(right)
        if dst.size == 8 and src is INT and dst is not NUM and self.draw(st.booleans()):
            mode |= CONV_SEXT
        guard = right == "int.num" and self.draw(st.booleans())
        if right == "int.num":
            mode |= CONV_CHECK if guard else CONV_ANY
        return Ins(Op.CONV, dst, (self.operand(left, src), mode), guard)


def pure_patterns(rule: Rule) -> list[str]:
    """Patterns of pure operations only."""
    if rule.name in CONTEXTUAL:
        return []
    words = {"any", "FLOAD", *CONSTANTS, *FPM_NAMES, *(op.name for op in PURE)}
    found = []
    for pattern in rule.patterns:
        first, *rest = pattern.split()
        pure = all(word in words or re.fullmatch(r"\w+\.\w+", word) for word in rest)
        if Op[first] in PURE and pure and not any("str." in word or "flt" in word for word in rest):
            found.append(pattern)
    return found


def same(got: float, wanted: float, exact: bool) -> bool:
    if isinstance(got, float) and isinstance(wanted, float):
        if math.isnan(got) or math.isnan(wanted):
            return math.isnan(got) and math.isnan(wanted)
        if not exact:
            return math.isclose(got, wanted, rel_tol=1e-15) or got == wanted
        return struct.pack("<d", got) == struct.pack("<d", wanted)
    return got == wanted


@pytest.mark.parametrize("name", [rule.name for rule in RULES.values() if pure_patterns(rule)])
def test_both_sides_are_equal(name: str) -> None:
    rule = RULES[name]

    @settings(max_examples=2000 if name in RARE else 60, deadline=None, database=None, derandomize=True)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        maker = Maker(data)
        check_candidate(rule, maker, maker.candidate(data.draw(st.sampled_from(pure_patterns(rule)))))

    check()
    assert name in APPLIED, "no example made the rule apply"


def check_candidate(rule: Rule, maker: Maker, ins: Ins) -> None:
    left = ins.args[0]
    right = ins.args[1] if len(ins.args) > 1 else None
    try:
        if rule.name == "narrow_convert" and not all(float(v).is_integer() for v in maker.env.values()):
            return  # Fractions may be rounded elsewhere.
        wanted = value_of(ins, maker.env)
        defined = True
    except Undefined:
        defined = False
    shown = f"{ins} of {ins.args} with {maker.env}"
    try:
        new = rule.function(maker.b, ins, left, right)
    except Abort:
        APPLIED.add(rule.name)
        assert not defined or wanted is False, f"{shown} does not always fail"
        return
    if new is None:
        return
    APPLIED.add(rule.name)
    if new is DROPPED:
        assert not defined or wanted is True, f"{shown} does not always hold"
    elif defined:
        try:
            got = value_of(new, maker.env)
        except Undefined:
            assert rule.name == "narrow_convert", shown  # It may exit where doubles would have gone on.
            return
        if ins.type.size == 8 and new.type is U32:
            got = int(got) & 0xFFFFFFFF  # 32-bit operations clear the upper half.
        assert same(got, wanted, ins.op is not Op.POW), f"{shown} became {new} of {new.args}"
        assert new.type is ins.type or {new.type, ins.type} <= {INT, U32, I64, IRType.U64}, shown


@pytest.mark.oracle
def test_every_rule_has_fired() -> None:
    oracle.required()
    for rule in RULES.values():
        rule.fired = 0
    for name in test_fold_luajit.SNIPPETS:
        test_fold_luajit.compare(name)
    for name, test in vars(test_fold_memory).items():
        if name.startswith("test_"):
            test(TraceBuilder(Trace(), heap=FakeHeap()))
    silent = {rule.name for rule in RULES.values() if not rule.fired and not pure_patterns(rule)}
    assert not silent, "rules that no test fires"
