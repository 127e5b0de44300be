"""The function being compiled: instructions, jump lists, registers, constants.

Jumps to a place not yet known form a list through the instructions themselves: the distance field of each
leads to the next, and a distance of -1 (a jump to itself) ends the list, so a list is just the position of
its first jump:

    0003  JMP  0 => 0003    list end                after patching the list 0007 to 0009:
    0007  JMP  0 => 0003    list = 7                0003 JMP 0 => 0009    0007 JMP 0 => 0009

A jump list of a condition may also carry values: `x = a or b` tests with ISTC, which copies the tested slot
when it jumps.  Its register stays NO_REG until the list is patched, when it becomes the destination or a
plain test.

Invariants: registers are a stack above the active local variables; `jpc` is the list of jumps to the next
instruction, resolved the moment that instruction exists; `lasttarget` is the last position something jumps
to, so nothing at or before it may be merged with what follows.
Not here: what an expression is (expr.py), scopes (scope.py), the finished prototype (finish.py).
"""

from __future__ import annotations

from jitvm.front import messages
from jitvm.front.bytecode import BC, JUMP_BIAS, MAX_D, NO_REG, ins_ad, ins_aj
from jitvm.front.proto import KGC, ProtoFlag, Prototype

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import NoReturn

    from jitvm.front.lexer import Lexer
    from jitvm.front.scope import Scope, Variable

# A local of the parent, by its index into vstack, or an upvalue of the parent.
UpvalueSource = tuple[bool, int]

MAX_SLOTS = 250
NO_JUMP = -1

ISTC, ISFC, IST, JMP, UCLO = (int(op) for op in (BC.ISTC, BC.ISFC, BC.IST, BC.JMP, BC.UCLO))
KPRI, KNIL = int(BC.KPRI), int(BC.KNIL)
PRI_NIL, PRI_FALSE, PRI_TRUE = range(3)
COPY_TO_TEST = IST - ISTC
COPIES = frozenset((ISTC, ISFC))
LIST_END = JUMP_BIAS + NO_JUMP


class FunctionState:
    """One per function while its text is read."""

    __slots__ = ("_nums", "_strings", "_tails", "children", "code", "flags", "framesize", "freereg",
                 "jpc", "kgc", "knum", "lasttarget", "lexer", "linedefined", "lines", "nactvar", "numparams",
                 "parent", "registers", "scope", "shadowed", "upvalue_sources", "upvalues", "varmap", "vbase",
                 "vstack")

    def __init__(self, lexer: Lexer, vstack: list[Variable], parent: FunctionState | None, line: int) -> None:
        self.lexer = lexer
        self.parent = parent
        self.linedefined = line
        self.code: list[int] = []
        self.lines: list[int] = []
        self.jpc = NO_JUMP
        self.lasttarget = 0
        self.freereg = 0
        self.framesize = 1
        self.nactvar = 0
        self.numparams = 0
        self.flags = ProtoFlag.NONE
        self.scope: Scope | None = None
        self.vstack = vstack          # of all functions being compiled; ours starts at vbase
        self.vbase = len(vstack)
        self.varmap: list[int] = []   # register of a local -> index into vstack
        self.registers: dict[bytes, int] = {}       # name of an active local -> its register
        self.shadowed: list[int | None] = []        # register of an active local -> another of that name
        self.upvalues: list[int] = []   # upvalue -> index into vstack
        self.upvalue_sources: list[UpvalueSource] = []
        self.children: list[tuple[Prototype, list[UpvalueSource]]] = []
        self.kgc: list[KGC] = []
        self.knum: list[float] = []
        self._strings: dict[bytes, int] = {}
        self._nums: dict[float, int] = {}
        self._tails: dict[int, int] = {}   # jump list -> one of its last jumps, to append without a walk

    # -- Errors ---------------------------------------------------------------

    def limit(self, limit: int, what: bytes) -> NoReturn:
        if self.linedefined == 0:
            self.lexer.error(messages.LIMIT_MAIN % (limit, what))
        self.lexer.error(messages.LIMIT_FUNCTION % (self.linedefined, limit, what))

    # -- Constants ------------------------------------------------------------

    def const_num(self, value: float) -> int:
        index = self._nums.get(value)
        if index is None:
            index = self._nums[value] = len(self.knum)
            self.knum.append(value)
        return index

    def const_string(self, value: bytes) -> int:
        index = self._strings.get(value)
        if index is None:
            index = self._strings[value] = len(self.kgc)
            self.kgc.append(value)
        return index

    def const_object(self, value: KGC) -> int:
        """A constant that is equal to no other."""
        self.kgc.append(value)
        return len(self.kgc) - 1

    def find_string(self, value: bytes) -> int | None:
        return self._strings.get(value)

    # -- Registers ------------------------------------------------------------

    def bump(self, count: int) -> None:
        """Makes sure that the frame has room for `count` registers more."""
        size = self.freereg + count
        if size > self.framesize:
            if size >= MAX_SLOTS:
                self.lexer.error_near(messages.SLOTS)
            self.framesize = size

    def reserve(self, count: int) -> None:
        self.bump(count)
        self.freereg += count

    def release(self, reg: int) -> None:
        """Frees a register unless it is a local variable."""
        if reg >= self.nactvar:
            self.freereg -= 1

    # -- Instructions ---------------------------------------------------------

    @property
    def pc(self) -> int:
        """The position of the next instruction."""
        return len(self.code)

    def emit(self, ins: int) -> int:
        code = self.code
        pc = len(code)
        if self.jpc != NO_JUMP:
            self.patch_values(self.jpc, pc, NO_REG, pc)
            self.jpc = NO_JUMP
        code.append(ins)
        self.lines.append(self.lexer.lastline)
        return pc

    def drop_last(self) -> None:
        """Takes back the last instruction."""
        self.code.pop()
        self.lines.pop()

    def set_op(self, pc: int, op: int) -> None:
        self.code[pc] = self.code[pc] & ~0xFF | op

    def set_a(self, pc: int, a: int) -> None:
        self.code[pc] = self.code[pc] & 0xFFFF00FF | (a & 0xFF) << 8

    def set_b(self, pc: int, b: int) -> None:
        self.code[pc] = self.code[pc] & 0x00FFFFFF | (b & 0xFF) << 24

    def set_d(self, pc: int, d: int) -> None:
        self.code[pc] = self.code[pc] & 0xFFFF | (d & 0xFFFF) << 16

    def emit_nil(self, first: int, count: int) -> None:
        """Sets registers to nil, merged into the instruction before if that does the same next door."""
        last = first + count - 1
        pc = len(self.code)
        if pc > self.lasttarget:
            before = self.code[pc - 1]
            op, low, d = before & 0xFF, before >> 8 & 0xFF, before >> 16
            if op == KPRI and d == PRI_NIL and low <= first <= low + 1:
                if last > low:
                    self.code[pc - 1] = ins_ad(KNIL, low, last)
                return
            if op == KNIL and low <= first <= d + 1:
                if last > d:
                    self.set_d(pc - 1, last)
                return
        self.emit(ins_ad(KPRI, first, PRI_NIL) if count == 1 else ins_ad(KNIL, first, last))

    # -- Jump lists -----------------------------------------------------------

    def emit_jump(self) -> int:
        """An open jump, as a list; it takes along the jumps that lead to it."""
        pending, self.jpc = self.jpc, NO_JUMP
        jump = len(self.code) - 1
        if jump >= self.lasttarget and self.code[jump] & 0xFF == UCLO:
            self.set_d(jump, LIST_END)     # closing upvalues can jump by itself
            self.lasttarget = jump + 1
        else:
            jump = self.emit(ins_aj(JMP, self.freereg, NO_JUMP))
        self._tails.pop(jump, None)
        return self.join(jump, pending)

    def cut_list(self, jump: int) -> int:
        """Makes a jump a list of its own; returns the rest of its list."""
        rest = self.next_jump(jump)
        self.set_d(jump, LIST_END)
        self._tails.pop(jump, None)
        return rest

    def next_jump(self, pc: int) -> int:
        distance = (self.code[pc] >> 16) - JUMP_BIAS
        return NO_JUMP if distance == NO_JUMP else pc + 1 + distance

    def join(self, first: int, second: int) -> int:
        """Two lists as one."""
        if second == NO_JUMP:
            return first
        if first == NO_JUMP:
            return second
        last = self._tails.get(first, first)
        while (following := self.next_jump(last)) != NO_JUMP:
            last = following
        self.patch_one(last, second)
        self._tails[first] = self._tails.get(second, second)
        return first

    def patch_one(self, pc: int, target: int) -> None:
        distance = target - (pc + 1) + JUMP_BIAS
        if not 0 <= distance <= MAX_D:
            self.lexer.error_near(messages.JUMP)
        self.code[pc] = self.code[pc] & 0xFFFF | distance << 16

    def patch_values(self, jumps: int, value_target: int, reg: int, default_target: int) -> None:
        """Jumps that carry a value put it into `reg` and go to `value_target`, the others to the default."""
        while jumps != NO_JUMP:
            following = self.next_jump(jumps)
            carries = self._patch_test(jumps, reg)
            self.patch_one(jumps, value_target if carries else default_target)
            jumps = following

    def patch_to_here(self, jumps: int) -> None:
        self.lasttarget = len(self.code)
        self.jpc = self.join(self.jpc, jumps)

    def patch(self, jumps: int, target: int) -> None:
        if target == len(self.code):
            self.patch_to_here(jumps)
        else:
            assert target < len(self.code), target
            self.patch_values(jumps, target, NO_REG, target)

    def drop_values(self, jumps: int) -> None:
        while jumps != NO_JUMP:
            self._patch_test(jumps, NO_REG)
            jumps = self.next_jump(jumps)

    def needs_value(self, jumps: int) -> bool:
        """Some jump of the list carries no value."""
        while jumps != NO_JUMP:
            test = self.code[max(jumps - 1, 0)]
            if test & 0xFF not in COPIES and test >> 8 & 0xFF != NO_REG:
                return True
            jumps = self.next_jump(jumps)
        return False

    def _patch_test(self, jump: int, reg: int) -> bool:
        """Gives the test before a jump its register; False if it has no use for one."""
        pc = max(jump - 1, 0)
        test = self.code[pc]
        op = test & 0xFF
        if op in COPIES:
            if reg != NO_REG and reg != test >> 16:
                self.set_a(pc, reg)
            else:
                self.set_op(pc, op + COPY_TO_TEST)
                self.set_a(pc, 0)
        elif test >> 8 & 0xFF != NO_REG:
            return False
        elif reg == NO_REG:
            self.code[pc] = ins_aj(JMP, self.code[jump] >> 8 & 0xFF, 0)
        else:
            self.set_a(pc, reg)
            if reg >= self.code[pc + 1] >> 8 & 0xFF:
                self.set_a(pc + 1, reg + 1)
        return True
