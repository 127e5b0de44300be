"""Instruction selection ahead of allocation: what becomes part of another instruction's operand.

Three decisions, made in one forward walk over a function and only read afterwards:

    fused loads      ADD a (XLOAD p)            add a, [p]        the load has one user, and nothing between
                                                                  them may have changed the memory
    addresses        XLOAD (ADD (ADD b (BSHL i 3)) 16)            [b + i*8 + 16]
    branches         BR (LT a b) ...            cmp a, b ; jge    the comparison is computed at the branch

From them follows `reads(ins)`: the values an instruction really takes in registers.  Liveness is computed
from `reads`, so a rule must want exactly those.  A fused or folded instruction simply is never asked for, and
the allocator, walking backwards, emits nothing that nobody asks for.
"""

from __future__ import annotations

import struct

from ir.ops import COMPARISONS, CONV_DST_SHIFT, XLOAD_READONLY, Op
from ir.types import IRType
from ir.values import Edge, Exit, Function, Ins
from x64.operands import fits32, signed
from x64.regs import is_xmm
from x64.wants import Address

SHIFT_SCALE = {1: 2, 2: 4, 3: 8}
#: Which operands of an instruction may come from memory.
MEMORY_OPERANDS: dict[Op, tuple[int, ...]] = {
    Op.ADD: (1, 0), Op.MUL: (1, 0), Op.BAND: (1, 0), Op.BOR: (1, 0), Op.BXOR: (1, 0), Op.SUB: (1,),
    Op.DIV: (1,), Op.IDIV: (1,), Op.IREM: (1,), Op.CLZ: (0,), Op.CTZ: (0,), Op.MIN: (1,), Op.MAX: (1,),
    Op.CONV: (0,), Op.FPMATH: (0,), Op.CALLPTR: (0,), Op.TAILPTR: (0,), Op.ADDOV: (1, 0), Op.SUBOV: (1,),
    Op.MULOV: (1, 0),
} | dict.fromkeys(COMPARISONS, (1, 0))  # fmt: skip
ADDRESSED = frozenset((Op.XLOAD, Op.XSTORE))
ZERO_EXTENSION = IRType.U64 << CONV_DST_SHIFT | IRType.U32
FULL_WIDTH = frozenset((IRType.INT, IRType.U32, IRType.NUM))
SMALL_TYPES = frozenset((IRType.I8, IRType.U8, IRType.I16, IRType.U16))
#: Instructions that write a 32-bit register as a whole, and so clear its upper half.
CLEARS_UPPER = COMPARISONS | {
    Op.ADD, Op.SUB, Op.BAND, Op.BOR, Op.BXOR, Op.BNOT, Op.BSWAP, Op.NEG, Op.IDIV, Op.IREM, Op.CLZ, Op.CTZ,
    Op.MIN, Op.MAX, Op.ADDOV, Op.SUBOV, Op.MULOV,
}  # fmt: skip
SIDE_EFFECTS = frozenset(op for op in Op if "S" in op.kind or "A" in op.kind)


def bits_of(value: Ins) -> int:
    """The 64-bit pattern of a constant; 32-bit integers are zero-extended."""
    if value.op is Op.KNUM:
        return int.from_bytes(struct.pack("<d", value.value), "little")
    bits = int(value.value)
    return bits & (0xFFFFFFFF if value.type.size <= 4 else 0xFFFFFFFFFFFFFFFF)


def immediate_of(value: Ins) -> int | None:
    """The value as a sign-extended 32-bit immediate of its own operand size, or None."""
    if not value.is_const or value.op is Op.KNUM:
        return None
    number = value.args[0] if value.args else 0
    if fits32(number):
        return int(number)
    number = signed(bits_of(value), 64 if value.type.size == 8 else 32)
    return number if fits32(number) else None


class Selection:
    """The decisions for one function.  Also knows use counts, which rules may ask for."""

    def __init__(self, fn: Function) -> None:
        self.fused: set[Ins] = set()  # Loads that exist only as memory operand of their one user.
        self.branches: set[Ins] = set()  # Comparisons computed by the branch that uses them.
        self.tests: set[Ins] = set()  # BANDs that exist only as operands of `test`.
        self.narrow: set[Ins] = set()  # CONVs whose one user compares just the low half of a register.
        self.uses: dict[Ins, int] = {}
        self.block_of: dict[Ins, int] = {}
        self.addresses: dict[Ins, Address] = {}
        self._inputs: dict[Ins, list[Ins]] = {}
        self._epoch: dict[Ins, int] = {}
        self._clean_params = {p for block in fn.blocks[1:] for p in block.params if p.type.size == 4}
        self._find_clean_params(fn)
        self._count_uses(fn)
        for block in fn.blocks:
            self._select(block.index, block.params, block.body)

    def _count_uses(self, fn: Function) -> None:
        """An exit counts once, however many guards lead to it."""
        uses, exits = self.uses, set()
        for block in fn.blocks:
            for ins in block.body:
                for arg in ins.args:
                    if isinstance(arg, Ins):
                        uses[arg] = uses.get(arg, 0) + 1
                    elif isinstance(arg, Edge):
                        for value in arg.args:
                            uses[value] = uses.get(value, 0) + 1
                    elif isinstance(arg, Exit) and arg not in exits:
                        exits.add(arg)
                        for value in arg.alive():
                            uses[value] = uses.get(value, 0) + 1

    # -- questions -----------------------------------------------------------------------------------------
    def address(self, pointer: Ins) -> Address:
        """The best addressing mode for a pointer value."""
        found = self.addresses.get(pointer)
        if found is None:
            found = self.addresses[pointer] = self._address(pointer)
        return found

    def reads(self, ins: Ins) -> list[Ins]:
        """What `ins` reads in registers or its exit needs; neither constants nor edge arguments."""
        return [*self.inputs(ins), *ins.args[-1].alive()] if ins.guard else self.inputs(ins)

    def inputs(self, ins: Ins) -> list[Ins]:
        """`reads` without what an exit needs."""
        found = self._inputs.get(ins)
        if found is None:
            found = self._inputs[ins] = self._find_inputs(ins)
        return found

    def _find_inputs(self, ins: Ins) -> list[Ins]:
        op = ins.op
        if op is Op.BAND and (whole := self.high_byte(ins)) is not None:
            return self.leaves(whole)
        if op is Op.ADD and (address := self.lea(ins)):
            return [part for part in address.parts() if not part.is_const]
        found: list[Ins] = []
        rest = ins.args
        if op in ADDRESSED:
            found += [part for part in self.address(rest[0]).parts() if not part.is_const]
            rest = rest[1:]
        for arg in rest:
            if isinstance(arg, Ins) and not arg.is_const:
                found += self.leaves(arg, op is Op.BR)
        return found

    def leaves(self, value: Ins, at_branch: bool = False) -> list[Ins]:
        """What a use of `value` reads, once fused instructions are seen through."""
        if value.is_const:
            return []
        if value in self.fused or value in self.tests or value in self.narrow:
            return self.inputs(value)
        if at_branch and value in self.branches:
            return self.inputs(value)
        return [value]

    def lea(self, ins: Ins) -> Address | None:
        """An ADD of pointers or 64-bit integers that is worth a lea of three parts."""
        if ins.op is not Op.ADD or is_xmm(ins) or ins.type.size != 8:
            return None
        address = self.address(ins)
        parts = len(address.parts()) + (address.disp != 0)
        if address.index is not None and (address.scale > 1 or parts > 2):
            return address
        return None

    def high_byte(self, ins: Ins) -> Ins | None:
        """x of (x >> 8) & 0xff, which movzx reads from ah, bh, ch or dh."""
        if ins.op is Op.BAND and ins.args[1].is_const and ins.args[1].value == 0xFF:
            shifted = ins.args[0]
            if shifted.op is Op.BSHR and shifted.args[1].is_const and shifted.args[1].value == 8:
                return shifted.args[0] if isinstance(shifted.args[0], Ins) else None
        return None

    # -- decisions -----------------------------------------------------------------------------------------
    def _select(self, index: int, params: list[Ins], body: list[Ins]) -> None:
        epoch = 0
        for param in params:
            self.block_of[param] = index
        for ins in body:
            self.block_of[ins] = index
            op = ins.op
            if op in SIDE_EFFECTS:
                if op in MEMORY_OPERANDS:
                    self._fuse_loads(ins, index, epoch)
                epoch += 1
                continue
            self._epoch[ins] = epoch
            if op is Op.BR:
                self._fuse_branch(ins, index, epoch)
            elif op in MEMORY_OPERANDS:
                if op not in COMPARISONS or ins.guard or not self._for_branch(ins, body[-1]):
                    self._fuse_loads(ins, index, epoch)

    def _for_branch(self, ins: Ins, end: Ins) -> bool:
        """A comparison only the branch at the end of its block uses: its loads move there too."""
        return self.uses.get(ins, 0) == 1 and end.op is Op.BR and end.args[0] is ins

    def _fuse_branch(self, ins: Ins, index: int, epoch: int) -> None:
        condition = ins.args[0]
        if condition.op in COMPARISONS and self.block_of.get(condition) == index:
            if self.uses[condition] == 1:
                self._fuse_loads(condition, index, epoch)
                self.branches.add(condition)
            elif not any(isinstance(arg, Ins) and arg in self.fused for arg in condition.args):
                self.branches.add(condition)

    def _fuse_test(self, ins: Ins, index: int, epoch: int) -> None:
        """(x & k) == 0: no register for the intermediate result, perhaps not even for x."""
        left, right = ins.args[:2]
        if left.op is not Op.BAND or not (right.is_const and bits_of(right) == 0):
            return
        if self.uses[left] != 1 or self.block_of.get(left) != index or self.high_byte(left) is not None:
            return
        word, bits = left.args
        if word.is_const or word in self.fused or bits in self.fused:
            return
        self.tests.add(left)
        number = immediate_of(bits)
        if word.op is Op.XLOAD and self.uses[word] == 1 and number is not None:
            byte = word.type is IRType.U8 and 0 <= number <= 0xFF
            wide = word.type.size == left.type.size
            if self.block_of.get(word) == index and self._unchanged(word, epoch) and (byte or wide):
                self.fused.add(word)

    def _fuse_narrow(self, ins: Ins, index: int) -> None:
        """(int16) x == k: compares the low half of x's register."""
        left, right = ins.args[:2]
        if left.op is not Op.CONV or left.type is not IRType.I16 or is_xmm(left.args[0]):
            return
        if self.uses[left] == 1 and self.block_of.get(left) == index and left.args[0] not in self.fused:
            if right.is_const and -0x8000 <= int(right.value) < 0x8000 and not left.args[0].is_const:
                self.narrow.add(left)

    def _fuse_loads(self, ins: Ins, index: int, epoch: int) -> None:
        if ins.op is Op.EQ or ins.op is Op.NE:
            self._fuse_narrow(ins, index)
            self._fuse_test(ins, index, epoch)
        for position in MEMORY_OPERANDS[ins.op]:
            value = ins.args[position]
            other = ins.args[1 - position] if len(ins.args) >= 2 else None
            if value.op is not Op.XLOAD or self.uses.get(value, 0) != 1 or value.guard:
                continue
            if self.block_of.get(value) != index or not self._unchanged(value, epoch):
                continue
            if self._operand_type_fits(ins, position, value, other):
                self.fused.add(value)
                self.addresses.pop(ins, None)
                return

    def _unchanged(self, load: Ins, epoch: int) -> bool:
        return self._epoch[load] == epoch or bool(load.args[1] & XLOAD_READONLY)

    def _operand_type_fits(self, ins: Ins, position: int, load: Ins, other: object) -> bool:
        """Whether the machine instruction reads memory of just this size."""
        constant = isinstance(other, Ins) and other.is_const
        if ins.op in COMPARISONS:
            if load.type is IRType.U8 and isinstance(other, Ins) and other.is_const:
                return 0 <= int(other.value) <= 0xFF
            number = is_xmm(load)
            if number:  # ucomisd reads memory on the right; which side that is, the condition decides.
                return position == num_memory_side(ins.op)
            return load.type in FULL_WIDTH or load.type.size == 8
        if ins.op is Op.CONV:
            return load.type in FULL_WIDTH or load.type.size == 8
        if ins.op in (Op.DIV, Op.MIN, Op.MAX):
            return is_xmm(load)
        if ins.op in (Op.IDIV, Op.IREM, Op.CLZ, Op.CTZ):
            return load.type.size == max(ins.type.size, 4) and not is_xmm(load)
        if not is_xmm(load) and ins.op is not Op.CALLPTR and ins.op is not Op.FPMATH:
            # An add of memory and constant is no shorter than load and add.
            if constant and ins.op is not Op.MUL:
                return False
            return (load.type in FULL_WIDTH and ins.type.size == 4) or (
                load.type.size == 8 and ins.type.size == 8 and self.lea(ins) is None
            )
        return load.type in FULL_WIDTH or load.type.size == 8

    # -- addresses -----------------------------------------------------------------------------------------
    def _address(self, pointer: Ins) -> Address:
        terms: list[tuple[Ins, int]] = []
        disp = self._flatten(pointer, terms)
        if not fits32(disp):
            return Address(pointer)
        match terms:
            case []:
                return Address(None, None, 1, disp)
            case [(base, 1)]:
                return Address(base, None, 1, disp)
            case [(base, 1), (index, scale)]:
                return Address(base, index, scale, disp)
            case [(index, scale), (base, 1)]:
                return Address(base, index, scale, disp)
            case _:
                return Address(pointer)

    def _flatten(self, pointer: Ins, terms: list[tuple[Ins, int]]) -> int:
        """Follow a chain of ADDs; collects at most two terms and returns the constant displacement."""
        if pointer.is_const and pointer.op is not Op.KNUM:
            value = signed(bits_of(pointer), 64)
            if fits32(value):
                return value
        if pointer.op is Op.ADD and pointer.type.size == 8 and not is_xmm(pointer):
            left, right = pointer.args
            if left in self.fused or right in self.fused:
                terms.append((pointer, 1))
                return 0
            if right.is_const and (number := immediate_of(right)) is not None:
                disp = self._flatten(left, terms) + number
                if fits32(disp):
                    return disp
                terms[:] = [(pointer, 1)]
                return 0
            if not left.is_const and not right.is_const:
                return self._flatten_sum(left, right, pointer, terms)
        terms.append((pointer, 1))
        return 0

    def _flatten_sum(self, left: Ins, right: Ins, pointer: Ins, terms: list[tuple[Ins, int]]) -> int:
        inner: list[tuple[Ins, int]] = []
        disp = self._flatten(left, inner) if self._same_block(left, pointer) else self._leaf(left, inner)
        if len(inner) != 1:
            inner, disp = [(left, 1)], 0
        index, scale, more = self._scaled(right)
        terms += [*inner, (index, scale)]
        return disp + more

    def _leaf(self, value: Ins, terms: list[tuple[Ins, int]]) -> int:
        terms.append((value, 1))
        return 0

    def _same_block(self, value: Ins, other: Ins) -> bool:
        return self.block_of.get(value) == self.block_of.get(other)

    def _scaled(self, value: Ins) -> tuple[Ins, int, int]:
        """(index, scale, displacement) of one summand."""
        if value.op is Op.ADD and value.args[1].is_const and value.type.size == 8:
            number = immediate_of(value.args[1])
            if number is not None and abs(number) < 1 << 24:
                index, scale, more = self._scaled(value.args[0])
                return index, scale, more + number
        if value.type.size != 8 or is_xmm(value):
            return value, 1, 0
        if value.op is Op.BSHL and value.args[1].is_const:
            scale = SHIFT_SCALE.get(int(value.args[1].value), 0)
        elif value.op is Op.MUL and value.args[1].is_const:
            scale = int(value.args[1].value)
        else:
            scale = 0
        if scale not in (2, 4, 8):
            return self._widened(value), 1, 0
        inner = self._widened(value.args[0])
        if inner.op is Op.ADD and inner.args[1].is_const and inner.type.size == 8:
            number = immediate_of(inner.args[1])
            if number is not None and abs(number) < 1 << 24:
                return inner.args[0], scale, number * scale
        return inner, scale, 0

    def _widened(self, value: Ins) -> Ins:
        """The 32-bit value below a zero extension that costs nothing."""
        if value.op is Op.CONV and value.args[1] == ZERO_EXTENSION:
            inner = value.args[0]
            if isinstance(inner, Ins) and inner not in self.fused and self.zero_extended(inner):
                return inner
        return value

    def _find_clean_params(self, fn: Function) -> None:
        """Block parameters that get only zero-extended values: all, until an edge proves otherwise."""
        edges = [edge for block in fn.blocks for edge in block.edges()]
        changed = True
        while changed:
            changed = False
            for edge in edges:
                for param, arg in zip(edge.block.params, edge.args):
                    if param in self._clean_params and not self.zero_extended(arg):
                        self._clean_params.discard(param)
                        changed = True

    def zero_extended(self, value: Ins) -> bool:
        """Whether a 32-bit value certainly has zeros in the upper half of its register."""
        if value.is_const or value.type.size > 4 or is_xmm(value):
            return value.is_const and value.type.size <= 4
        match value.op:
            case Op.PARAM:
                return value in self._clean_params
            case Op.XLOAD:
                return True
            case Op.BSHL | Op.BSHR | Op.BSAR | Op.BROL | Op.BROR:
                # A shift by nothing is no instruction.
                return not value.args[1].is_const or int(value.args[1].value) & 31 != 0
            case Op.CONV:
                truncated = value.type is IRType.INT and value.args[1] & 31 == IRType.NUM
                return truncated or value.type in SMALL_TYPES
            case Op.MUL:
                return not any(arg.is_const and arg.value == 1 for arg in value.args)
            case op:
                return op in CLEARS_UPPER


def num_memory_side(op: Op) -> int:
    """Which operand of a comparison of doubles stands on the right of ucomisd, where memory may be."""
    return 0 if op in (Op.LT, Op.LE, Op.UGE, Op.UGT) else 1


def edge_arguments(edge: Edge) -> list[tuple[Ins, Ins]]:
    """(parameter, argument) of an edge."""
    assert len(edge.block.params) == len(edge.args), (edge, edge.block.params)
    return list(zip(edge.block.params, edge.args))
