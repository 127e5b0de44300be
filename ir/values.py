"""Instructions, blocks, functions: the data structures of the IR.

An instruction is the value it computes: an operand is another `Ins`.  Literals (slot numbers, flags, field
numbers) are plain integers; the opcode table says which operand is what.

Native code is a `Function` of many blocks.  A block has parameters instead of PHIs; each edge passes the
arguments.  The last instruction of a block, and only it, is a terminator.  A `Trace` (see `ir/trace.py`) is
one linear list of instructions, LuaJIT's form; `x64` reads it as a function of two blocks, entry and loop,
whose PHIs are the parameters of the loop block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ir.enums import Enum
from ir.ops import CONSTANTS, Op
from ir.record import dataclass, field
from ir.types import IRType

_IS_CONST = tuple(op in CONSTANTS for op in Op)

Operand = object  # Ins | int | float | str | Edge | Exit, as the opcode table says.


class Ins:
    """One instruction.  Identity is equality; `ref` is its number in listings."""

    __slots__ = ("args", "guard", "is_const", "op", "phi", "ref", "type")

    def __init__(
        self,
        op: Op,
        type: IRType,
        args: tuple[Any, ...] = (),
        guard: bool = False,
        phi: bool = False,
        ref: int = 0,
    ) -> None:
        self.op = op
        self.type = type
        self.args = args
        self.guard = guard
        self.phi = phi  # Left operand of a PHI: loop-carried, opaque to fold patterns.
        self.ref = ref  # Position; constants count down from -1.
        self.is_const = _IS_CONST[op]

    @property
    def value(self) -> int | float:
        """The value of a constant (KINT, KNUM, KINT64, KPTR, KGC ...)."""
        assert self.is_const, self
        return self.args[0] if self.args else 0

    def operands(self) -> list[Ins]:
        """Every instruction this one reads, edges included."""
        found: list[Ins] = []
        for arg in self.args:
            if isinstance(arg, Ins):
                found.append(arg)
            elif isinstance(arg, Edge):
                found += arg.args
            elif isinstance(arg, Exit):
                found += arg.alive()
        return found

    def __repr__(self) -> str:
        shown = " ".join(f"%{a.ref}" if isinstance(a, Ins) else str(a) for a in self.args)
        return f"%{self.ref} {self.type.name3} {self.op.name} {shown}".rstrip()


@dataclass(eq=False, slots=True)
class Block:
    """A straight run of instructions, entered at the top only."""

    index: int
    params: list[Ins] = field(default_factory=list)
    body: list[Ins] = field(default_factory=list)
    cold: bool = False  # Laid out after all warm blocks.

    @property
    def end(self) -> Ins:
        return self.body[-1]

    def edges(self) -> list[Edge]:
        return [arg for arg in self.end.args if isinstance(arg, Edge)] if self.body else []

    def __repr__(self) -> str:
        return f"block{self.index}"


@dataclass(eq=False, slots=True)
class Edge:
    """A jump to `block` that passes `args` to its parameters."""

    block: Block
    args: tuple[Ins, ...] = ()

    def __repr__(self) -> str:
        return f"{self.block}({', '.join(f'%{a.ref}' for a in self.args)})"


@dataclass(eq=False, frozen=True, slots=True)
class ExitSlot:
    """`slot`, relative to the running BASE, holds `value`, which is of Lua type `type`.

    No value, or a constant one: the slot gets `bits`.  Or else a table that is only made at the exit."""

    slot: int
    value: Ins | None
    type: IRType
    bits: int = 0
    is_keyindex: bool = False
    table: SunkTable | None = None

    @property
    def is_const(self) -> bool:
        return self.value is None or self.value.is_const

    def alive(self) -> Iterator[Ins]:
        """The values that the slot needs."""
        if self.table is not None:
            for store in self.table.stores:
                yield from store.value.alive()
        elif self.value is not None and not self.value.is_const:
            yield self.value


@dataclass(eq=False, frozen=True, slots=True)
class SunkStore:
    """What is stored in a sunk table: at the constant key of these bits; None: as its metatable."""

    key: int | None
    value: ExitSlot


@dataclass(eq=False, frozen=True, slots=True)
class SunkTable:
    """A table whose allocation was sunk: a copy of the one at `template`, or an empty one of these sizes."""

    template: int
    asize: int
    hbits: int
    stores: tuple[SunkStore, ...]


@dataclass(eq=False, slots=True)
class Exit:
    """Last operand of a guard: where to go, and what the interpreter must find there, if it fails."""

    snapshot: int
    slots: tuple[ExitSlot, ...]
    pc: int
    base_delta: int
    top: int
    multres: int = 0
    is_counted: bool = True  # Whether a side trace may start here.
    collects: bool = False  # Run the collector after restoring.
    need: int = 0  # Slots above BASE that the frames the exit restores may use.
    room: int = 0  # Slots above BASE that the stack is known to have.
    origins: dict[int, Ins] = field(default_factory=dict)  # Ref in the trace -> value, for side traces.
    _alive: tuple[Ins, ...] | None = field(default=None, init=False)  # `slots` never change.

    def alive(self) -> tuple[Ins, ...]:
        """The values that must be somewhere when the guard fails."""
        if self._alive is None:
            self._alive = tuple([value for slot in self.slots for value in slot.alive()])
        return self._alive

    def __repr__(self) -> str:
        return f"->{self.snapshot}"


class Convention(Enum):
    """How a function is entered and left."""

    NATIVE = "native"  # System V AMD64: callable from anywhere.
    HANDLER = "handler"  # Pinned registers in and out, never returns: NEXT, TAIL or TAILPTR.
    TRACE = "trace"  # BASE and DISPATCH, then inherited values where the parent left them; ends: JMP or LINK.


@dataclass(eq=False, slots=True)
class Function:
    """A native function.  `blocks[0]` is the entry; its parameters are the function's."""

    name: str
    convention: Convention
    result: IRType | None
    blocks: list[Block] = field(default_factory=list)
    source: str = ""  # "file:line" of the Python function, for listings and errors.

    @property
    def params(self) -> list[Ins]:
        return self.blocks[0].params

    def instructions(self) -> Iterator[Ins]:
        for block in self.blocks:
            yield from block.params
            yield from block.body
