"""Is a prototype that comes from a file safe to run?  Whatever the compiler emits is; what passes here may
compute nonsense, but never reaches beyond its frame, its constants and its bytecode.

    verify(proto)        returns it, or raises Malformed

Checked, for every bytecode: operands are within the frame, the constants of the right type, or the upvalues;
jumps lead to a bytecode of the function; what handlers expect in a row is (a comparison and its jump,
an iteration and its loop, an open list of values and what takes it); control never runs off the end.

Raw table accesses (TGETR, TSETR), which believe their operand to be a table, become ordinary ones.
"""

from __future__ import annotations

from collections.abc import Callable

from jitvm.front.bytecode import BC, OPCODES, Mode, a_of, b_of, c_of, d_of, jump_of, op_of
from jitvm.front.proto import UPVALUE_LOCAL, CDataConst, ProtoFlag, Prototype, TemplateTable

MAX_FRAME, MAX_HASH_BITS = 250, 26
#: Slots a call takes between the function and its arguments.
LINK = 1
UPVALUE_INDEX = 0x3FFF
KINDS = {Mode.STR: bytes, Mode.TAB: TemplateTable, Mode.FUNC: Prototype, Mode.CDATA: CDataConst}
RAW: dict[int, BC] = {BC.TGETR: BC.TGETV, BC.TSETR: BC.TSETV}
#: Bytecodes that only a running VM makes.
PATCHED = frozenset((BC.JFORI, BC.IFORL, BC.JFORL, BC.IITERL, BC.JITERL, BC.ILOOP, BC.JLOOP))
COMPARISONS = range(BC.ISLT, BC.ISF + 1)
OPEN_PRODUCERS = (BC.CALL, BC.CALLM, BC.VARG)
OPEN_CONSUMERS = frozenset((BC.CALLM, BC.CALLMT, BC.RETM, BC.TSETM))
#: Bytecodes that something has to follow.
IN_A_ROW = frozenset((*map(int, COMPARISONS), BC.ITERC, BC.ITERN, BC.ISNEXT, *OPEN_PRODUCERS))
#: Operands that need no check, or one of their own (`_RANGES`): the first of several slots, literals.
FREE = (Mode.NONE, Mode.BASE, Mode.RBASE, Mode.LIT, Mode.LITS)


def _fields(op: BC) -> tuple[tuple[int, int, Mode], ...]:
    """The operands of a bytecode that are checked: shift, mask, mode."""
    rest = [(16, 0xFFFF, op.mode_cd)] if op.has_d else [(24, 0xFF, op.mode_b), (16, 0xFF, op.mode_cd)]
    return tuple(field for field in ((8, 0xFF, op.mode_a), *rest) if field[2] not in FREE)


FIELDS = tuple(_fields(op) for op in OPCODES)
ENDS = (BC.JMP, BC.CALLT, BC.CALLMT, BC.RETM, BC.RET, BC.RET0, BC.RET1, BC.UCLO)


class Malformed(Exception):
    """Bytecode that the compiler cannot have written."""


def _require(condition: bool) -> None:
    if not condition:
        raise Malformed


def verify(proto: Prototype) -> Prototype:
    """Raises Malformed if running it could do harm."""
    _require(1 < len(proto.bytecode) < 1 << 26 and proto.numparams <= proto.framesize <= MAX_FRAME)
    _require(proto.framesize >= 1 and len(proto.upvalues) <= 255)
    _require(len(proto.kgc) <= 1 << 16 and len(proto.knum) <= 1 << 16)
    proto.bytecode = [ins & ~0xFF | RAW.get(ins & 0xFF, ins & 0xFF) for ins in proto.bytecode]
    _Check(proto).run()
    return proto


class _Check:
    """One prototype."""

    def __init__(self, proto: Prototype) -> None:
        self.proto, self.code = proto, proto.bytecode
        self.size = len(self.code)
        #: Bytecodes that jumps lead to, with where from.
        self.targets: dict[int, list[int]] = {}

    def run(self) -> None:
        limits = self.limits()
        for pc in range(1, self.size):
            number = self.code[pc] & 0xFF
            _require(number < BC.FUNCF and number not in PATCHED)
            self.operands(pc, number, limits)
        _require(self.op(self.size - 1) in ENDS)
        for pc in range(1, self.size):
            number = self.code[pc] & 0xFF
            if number in IN_A_ROW:
                self.neighbours(pc, OPCODES[number])
            if number in OPEN_CONSUMERS:
                self.open_values(pc, OPCODES[number])

    def op(self, pc: int) -> BC:
        number = op_of(self.code[pc]) if pc < self.size else len(OPCODES)
        _require(number < len(OPCODES))
        return OPCODES[number]

    # Operands.

    def limits(self) -> dict[Mode, int]:
        """What is below is allowed."""
        proto = self.proto
        constants = dict.fromkeys(KINDS, len(proto.kgc))
        return {Mode.DST: proto.framesize, Mode.VAR: proto.framesize, Mode.UV: len(proto.upvalues),
                Mode.PRI: 3, Mode.NUM: len(proto.knum), **constants}  # fmt: skip

    def slot(self, number: int) -> None:
        _require(0 <= number < self.proto.framesize)

    def operands(self, pc: int, number: int, limits: dict[Mode, int]) -> None:
        ins = self.code[pc]
        for shift, mask, mode in FIELDS[number]:
            value = ins >> shift & mask
            if mode is Mode.JUMP:
                target = pc + 1 + jump_of(ins)
                _require(1 <= target < self.size)
                self.targets.setdefault(target, []).append(pc)
            elif value >= limits[mode]:
                raise Malformed
            elif mode in KINDS:
                _require(isinstance(self.proto.kgc[value], KINDS[mode]))
        check = _RANGES.get(number)
        if check is not None:
            check(self, ins)

    def slots(self, first: int, count: int) -> None:
        """`count` slots from `first` on; no slot is always fine."""
        _require(count <= 0 or (first >= 0 and first + count <= self.proto.framesize))

    def call(self, ins: int) -> None:
        a, results, args = a_of(ins), b_of(ins) - 1, c_of(ins) - 1
        _require(args >= 0)
        self.slots(a, 1 + LINK + args)
        self.slots(a, results)

    def open_call(self, ins: int) -> None:
        self.slots(a_of(ins), 1 + LINK + c_of(ins))
        self.slots(a_of(ins), b_of(ins) - 1)

    def tail_call(self, ins: int) -> None:
        _require(d_of(ins) >= 1)
        self.slots(a_of(ins), LINK + d_of(ins))

    def open_tail_call(self, ins: int) -> None:
        self.slots(a_of(ins), 1 + LINK + d_of(ins))

    def iterator_call(self, ins: int) -> None:
        """Generator, state and control below A are copied above it, with room for the link."""
        _require(a_of(ins) >= 3 and c_of(ins) == 3)
        self.slots(a_of(ins), max(4 + LINK - 1, b_of(ins) - 1))

    def varargs(self, ins: int) -> None:
        _require(bool(self.proto.flags & ProtoFlag.VARARG) and c_of(ins) == self.proto.numparams)
        self.slots(a_of(ins), max(b_of(ins) - 1, 0))
        self.slots(a_of(ins), 1)

    def returned(self, ins: int) -> None:
        _require(d_of(ins) >= 1)
        self.slots(a_of(ins), d_of(ins) - 1)

    def returned_open(self, ins: int) -> None:
        self.slots(a_of(ins), d_of(ins) + 1)

    def nils(self, ins: int) -> None:
        _require(a_of(ins) <= d_of(ins))
        self.slots(a_of(ins), d_of(ins) - a_of(ins) + 1)

    def concatenation(self, ins: int) -> None:
        _require(b_of(ins) < c_of(ins))
        self.slots(b_of(ins), c_of(ins) - b_of(ins) + 1)

    def new_table(self, ins: int) -> None:
        _require(d_of(ins) >> 11 <= MAX_HASH_BITS)

    def loop(self, ins: int) -> None:
        self.slots(a_of(ins), 4)

    def iteration(self, ins: int) -> None:
        _require(a_of(ins) >= 3)
        self.slots(a_of(ins), 1)

    def table_fill(self, ins: int) -> None:
        _require(a_of(ins) >= 1)
        self.slots(a_of(ins) - 1, 2)

    def closure(self, ins: int) -> None:
        child = self.proto.kgc[d_of(ins)]
        assert isinstance(child, Prototype), child
        for upvalue in child.upvalues:
            if upvalue & UPVALUE_LOCAL:
                self.slot(upvalue & UPVALUE_INDEX)
                _require(upvalue & UPVALUE_INDEX <= 0xFF)
            else:
                _require(upvalue < len(self.proto.upvalues))

    # Neighbours.

    def neighbours(self, pc: int, op: BC) -> None:
        following = self.op(pc + 1) if pc + 1 < self.size else None
        if op in COMPARISONS and op not in (BC.ISTYPE, BC.ISNUM):
            _require(following is BC.JMP)
        elif op is BC.ITERC or op is BC.ITERN:
            _require(following is BC.ITERL and a_of(self.code[pc + 1]) == a_of(self.code[pc]))
        elif op is BC.ISNEXT:
            target = pc + 1 + jump_of(self.code[pc])
            _require(self.op(target) in (BC.ITERN, BC.ITERC))
            _require(a_of(self.code[target]) == a_of(self.code[pc]))
        elif op in OPEN_PRODUCERS and b_of(self.code[pc]) == 0:
            _require(following in OPEN_CONSUMERS or following is BC.UCLO)

    def open_values(self, pc: int, op: BC) -> None:
        """What takes an open list of values comes right after what makes one, where it was put."""
        sources = [pc - 1, *self.targets.get(pc, ())]
        if pc == 1 or self.op(pc - 1) in ENDS:
            sources = sources[1:]
        _require(bool(sources))
        for source in sources:
            if self.op(source) is BC.UCLO:
                _require(source not in self.targets)
                source -= 1
            ins = self.code[source]
            _require(source >= 1 and self.op(source) in OPEN_PRODUCERS and b_of(ins) == 0)
            _require(a_of(ins) == self.first_value(pc, op))
        _require(all(self.op(source) is BC.UCLO for source in self.targets.get(pc, ())))

    def first_value(self, pc: int, op: BC) -> int:
        ins = self.code[pc]
        match op:
            case BC.CALLM:
                return a_of(ins) + 1 + LINK + c_of(ins)
            case BC.CALLMT:
                return a_of(ins) + 1 + LINK + d_of(ins)
            case BC.RETM:
                return a_of(ins) + d_of(ins)
            case _:
                return a_of(ins)


_RANGES: dict[int, Callable[[_Check, int], None]] = {
    BC.CALL: _Check.call, BC.CALLM: _Check.open_call, BC.CALLT: _Check.tail_call,
    BC.CALLMT: _Check.open_tail_call, BC.ITERC: _Check.iterator_call, BC.ITERN: _Check.iterator_call,
    BC.VARG: _Check.varargs, BC.RET: _Check.returned, BC.RET1: _Check.returned, BC.RET0: _Check.returned,
    BC.RETM: _Check.returned_open, BC.KNIL: _Check.nils, BC.CAT: _Check.concatenation,
    BC.TNEW: _Check.new_table, BC.FORI: _Check.loop, BC.FORL: _Check.loop, BC.ITERL: _Check.iteration,
    BC.ISNEXT: _Check.iteration, BC.TSETM: _Check.table_fill, BC.FNEW: _Check.closure,
}  # fmt: skip
