"""TraceBuilder: the one door through which instructions enter a trace.

`emit` builds a candidate, offers it to the fold rules, looks for an equal instruction already there (CSE),
and only then appends it:

    b = TraceBuilder(Trace())
    x = b.emit(Op.SLOAD, IRType.INT, 2, SLOAD_TYPECHECK, guard=True)
    b.emit(Op.ADD, IRType.INT, b.emit(Op.ADD, IRType.INT, x, b.kint(3)), b.kint(4))   # int ADD x +7

Constants are interned: one `Ins` per value, so identity is equality.  Numbers are told apart by their bits.

CSE is LuaJIT's: the latest instruction with the same opcode and operands, whatever its type.  A dictionary
per opcode answers that; `chain[op]` lists the instructions of an opcode in order, for the analyses that walk
them.  Whoever changes an instruction in place goes through `patch` or `remove`, which keep both true.

Not here: where snapshots are taken, and what a bytecode means.
"""

from __future__ import annotations

import struct

from ir.calls import CALLS, CallFlag
from ir.fold import rules as _rules
from ir.fold.engine import ANY, DROPPED, LITERAL_MASK, Rule, rules_for
from ir.heap import Heap
from ir.ops import Op
from ir.passes.flags import ALL, OptFlag
from ir.passes.narrow import BackpropCache
from ir.passes.scev import Scev
from ir.trace import Trace
from ir.types import IRType
from ir.values import Ins

_FOLD, _CSE = int(OptFlag.FOLD), int(OptFlag.CSE)
_FOLD_CSE_FWD = _FOLD | _CSE | int(OptFlag.FWD)
_FOLD_DSE = _FOLD | int(OptFlag.DSE)
_FOLDING = _FOLD_CSE_FWD | _FOLD_DSE
_OPCODES = len(Op)

_RULES_OF: dict[tuple[Op, int, int], tuple[Rule, ...]] = {}


class TraceBuilder:
    """Appends to one trace.  `slots` is the recorder's: it maps absolute stack slots to their values."""

    __slots__ = (
        "_folding",
        "_kgc",
        "_kint",
        "_kint64",
        "_knull",
        "_knum",
        "_kptr",
        "_kslot",
        "backprop",
        "chain",
        "cse_map",
        "flags",
        "guard_emitted",
        "heap",
        "instunroll",
        "need_snapshot",
        "scev",
        "slots",
        "trace",
    )

    def __init__(self, trace: Trace, flags: OptFlag = ALL, heap: Heap | None = None) -> None:
        self.trace, self.heap = trace, heap
        self.flags = int(flags)  # Operators of IntFlag are slow.
        self._folding = flags & _FOLDING == _FOLDING
        self.chain: list[list[Ins]] = [[] for _ in range(_OPCODES)]
        self.chain[Op.BASE].append(trace.ins[0])
        self.cse_map: list[dict[tuple[object, ...], Ins]] = [{} for _ in range(_OPCODES)]
        self.guard_emitted = False  # A guard was appended since the recorder last cleared this.
        self.need_snapshot = False  # A side effect was emitted: the next guard needs a new snapshot.
        self.slots: list[Ins | None] = []
        self.instunroll = 4  # Attempts left to close a loop whose types change.
        self.scev = Scev()
        self.backprop = BackpropCache()
        self._kint: dict[int, Ins] = {}
        self._knum: dict[bytes, Ins] = {}
        self._kint64: dict[int, Ins] = {}
        self._kgc: dict[int, Ins] = {}
        self._kptr: dict[tuple[Op, int], Ins] = {}
        self._knull: dict[IRType, Ins] = {}
        self._kslot: dict[tuple[Ins, int], Ins] = {}

    # Emission.

    def emit(self, op: Op, type: IRType, *args: object, guard: bool = False) -> Ins:
        """Fold, CSE, append.  The value to use, or `DROPPED` for a guard that always holds."""
        return self.fold(Ins(op, type, args, guard))

    def guard(self, op: Op, type: IRType, *args: object) -> Ins:
        """`emit` of a guard."""
        return self.fold(Ins(op, type, args, True))

    def raw(self, op: Op, type: IRType, *args: object, guard: bool = False) -> Ins:
        """Append without folding or CSE."""
        return self.append(Ins(op, type, args, guard))

    def call(self, number: int, *args: Ins) -> Ins:
        """Emit a call of row `number`; several arguments are chained by CARG."""
        info = CALLS[number]
        assert info.available and len(args) == len(info.args), info.name
        chained = args[0] if args else self.trace.k_nil
        for arg in args[1:]:
            chained = self.emit(Op.CARG, IRType.NIL, chained, arg)
        if info.op is Op.CALLS:
            self.need_snapshot = True
        return self.emit(info.op, info.result, chained, number, guard=bool(info.flags & CallFlag.THROW))

    def fold(self, ins: Ins) -> Ins:
        """Offer a candidate to the rules, then to CSE."""
        if not self._folding:
            early = self._emit_unfolded(ins)
            if early is not None:
                return early
        args = ins.args
        left = right = None
        left_key = right_key = ANY
        if args:
            left = args[0]
            if left.__class__ is Ins:
                left_key = left.op
            if len(args) > 1:
                right = args[1]
                right_key = right.op if right.__class__ is Ins else right & LITERAL_MASK
        key = (ins.op, left_key, right_key)
        rules = _RULES_OF.get(key)
        if rules is None:
            rules = _RULES_OF[key] = rules_for(*key)
        for rule in rules:
            value = rule.function(self, ins, left, right)
            if value is not None:
                rule.fired += 1
                return value
        return self.cse(ins)

    def _emit_unfolded(self, ins: Ins) -> Ins | None:
        """What some flag being off forbids to fold: pure code goes to CSE, loads and stores are appended."""
        flags, kind = self.flags, ins.op.kind
        if "L" in kind:
            if flags & _FOLD_CSE_FWD != _FOLD_CSE_FWD and ins.op is not Op.SLOAD:
                return self.append(ins)
        elif "S" in kind:
            if flags & _FOLD_DSE != _FOLD_DSE:
                return self.append(ins)
        elif "A" not in kind and not flags & _FOLD:
            return self.cse(ins)
        return None

    def cse(self, ins: Ins) -> Ins:
        """The latest equal instruction, or `ins` itself, appended."""
        if self.flags & _CSE:
            found = self.cse_map[ins.op].get(ins.args)
            if found is not None:
                return found
        return self.append(ins)

    def cse_after(self, ins: Ins, limit: int) -> Ins:
        """CSE with instructions younger than `limit` only, whatever the flags."""
        for other in reversed(self.chain[ins.op]):
            if other.ref <= limit:
                break
            if other.args == ins.args:
                return other
        return self.append(ins)

    def append(self, ins: Ins) -> Ins:
        """Put a candidate into the trace."""
        body = self.trace.ins
        ins.ref = len(body)
        body.append(ins)
        self.chain[ins.op].append(ins)
        self.cse_map[ins.op][ins.args] = ins
        if ins.guard:
            self.guard_emitted = True
        return ins

    # Changes in place.

    def head(self, op: Op) -> int:
        """Ref of the latest instruction of an opcode, 0 if there is none."""
        chain = self.chain[op]
        return chain[-1].ref if chain else 0

    def patch(self, ins: Ins, *args: object) -> Ins:
        """Replace the operands of an instruction of the trace."""
        if self.cse_map[ins.op].get(ins.args) is ins:
            del self.cse_map[ins.op][ins.args]
        ins.args = args
        self.cse_map[ins.op][args] = ins
        return ins

    def remove(self, ins: Ins) -> None:
        """Make an instruction of the trace a NOP."""
        self.chain[ins.op].remove(ins)
        self._forget(ins)
        ins.op, ins.type, ins.args, ins.guard, ins.phi = Op.NOP, IRType.NIL, (), False, False

    def remove_all(self, dead: list[Ins]) -> None:
        """`remove` of many."""
        ops = {ins.op for ins in dead}
        for ins in dead:
            ins.op, ins.type, ins.guard, ins.phi = Op.NOP, IRType.NIL, False, False
        for op in sorted(ops):
            live = [ins for ins in self.chain[op] if ins.op is op]
            self.chain[op] = live
            self.cse_map[op] = {ins.args: ins for ins in live}
        for ins in dead:
            ins.args = ()

    def rollback(self, ref: int) -> None:
        """Drop everything from `ref` on.  Constants stay."""
        body = self.trace.ins
        while len(body) > ref:
            ins = body.pop()
            if ins.op is not Op.NOP:
                self.chain[ins.op].pop()
                self._forget(ins)

    def _forget(self, ins: Ins) -> None:
        """Take an instruction that left its chain out of the CSE map: an older equal one shows again."""
        known = self.cse_map[ins.op]
        if known.get(ins.args) is not ins:
            return
        del known[ins.args]
        for other in reversed(self.chain[ins.op]):
            if other.args == ins.args:
                known[ins.args] = other
                break

    # Constants.

    def _constant(self, op: Op, type: IRType, args: tuple[object, ...], size: int) -> Ins:
        trace = self.trace
        trace.nk -= size
        ins = Ins(op, type, args, ref=trace.nk)
        trace.consts.append(ins)
        return ins

    def kint(self, value: int) -> Ins:
        """32-bit integer; the value wraps to its signed range."""
        found = self._kint.get(value)
        if found is None:
            wrapped = ((value + 0x80000000) & 0xFFFFFFFF) - 0x80000000
            if wrapped != value:
                return self.kint(wrapped)
            found = self._kint[value] = self._constant(Op.KINT, IRType.INT, (value,), 1)
        return found

    def knum(self, value: float) -> Ins:
        """Double, told apart by its bits: -0 is not 0, and NaNs are equal to themselves."""
        key = struct.pack("<d", value)
        found = self._knum.get(key)
        if found is None:
            found = self._knum[key] = self._constant(Op.KNUM, IRType.NUM, (float(value),), 2)
        return found

    def knumint(self, value: float) -> Ins:
        """KINT if the number is one exactly (-0 is not), else KNUM."""
        if -0x80000000 <= value <= 0x7FFFFFFF and value == int(value):
            number = int(value)
            if number or struct.pack("<d", value) == bytes(8):
                return self.kint(number)
        return self.knum(value)

    def kint64(self, value: int) -> Ins:
        """64-bit integer; the value wraps to its signed range."""
        wrapped = ((value + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)
        found = self._kint64.get(wrapped)
        if found is None:
            found = self._kint64[wrapped] = self._constant(Op.KINT64, IRType.I64, (wrapped,), 2)
        return found

    def kgc(self, address: int, type: IRType) -> Ins:
        """Object of the heap, by address."""
        found = self._kgc.get(address)
        if found is None:
            found = self._kgc[address] = self._constant(Op.KGC, type, (address,), 2)
        return found

    def kptr(self, address: int) -> Ins:
        """Pointer whose target may change."""
        return self._pointer(Op.KPTR, address)

    def kkptr(self, address: int) -> Ins:
        """Pointer whose target is constant too."""
        return self._pointer(Op.KKPTR, address)

    def _pointer(self, op: Op, address: int) -> Ins:
        found = self._kptr.get((op, address))
        if found is None:
            found = self._kptr[op, address] = self._constant(op, IRType.P64, (address,), 2)
        return found

    def ktrace(self, word: float) -> Ins:
        """Placeholder for the trace itself, as a continuation finds it on the stack.  Not interned."""
        return self._constant(Op.KNUM, IRType.P64, (word,), 2)

    def kpri(self, type: IRType) -> Ins:
        """nil, false or true."""
        return self.trace.consts[type]

    def knull(self, type: IRType) -> Ins:
        """Null pointer of a type."""
        found = self._knull.get(type)
        if found is None:
            found = self._knull[type] = self._constant(Op.KNULL, type, (0,), 1)
        return found

    def kslot(self, key: Ins, slot: int) -> Ins:
        """Constant key expected at a slot of a hash part."""
        assert key.is_const, key
        found = self._kslot.get((key, slot))
        if found is None:
            found = self._kslot[key, slot] = self._constant(Op.KSLOT, IRType.P32, (key, slot), 1)
        return found

    def kstr(self, data: bytes) -> Ins:
        """Interned string of these bytes."""
        assert self.heap is not None, "string constants need a heap"
        return self.kgc(self.heap.intern(data), IRType.STR)


assert _rules.RULES, "no rules are registered"
__all__ = ["DROPPED", "TraceBuilder"]
