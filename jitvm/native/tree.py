"""The typed tree of a native function: what the checker makes of Python's syntax tree.

Names, types, literals and callees are resolved; nothing is implicit any more.  Two readers: `lower.py` makes
IR of it, `simcode.py` makes plain Python of it for simulation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ir.layout import FnPtr
from ir.record import dataclass, fields
from jitvm.native.decorators import NativeFunction
from jitvm.native.intrinsics import Intrinsic
from jitvm.native.types import Type


@dataclass(slots=True, eq=False)
class Expr:
    """`type` is the type of its value."""

    type: Type
    line: int


@dataclass(slots=True, eq=False)
class Const(Expr):
    value: Any


@dataclass(slots=True, eq=False)
class Local(Expr):
    """A local variable, or `vm.base`, `vm.pc`, `vm.kbase`, `vm.g`."""

    name: str


@dataclass(slots=True, eq=False)
class Binary(Expr):
    """Operands and result have one type; of a shift, the count may be of another."""

    op: str
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Unary(Expr):
    op: str
    operand: Expr


@dataclass(slots=True, eq=False)
class Compare(Expr):
    op: str
    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Truth(Expr):
    """An integer or pointer as a condition: not zero."""

    operand: Expr


@dataclass(slots=True, eq=False)
class Not(Expr):
    operand: Expr


@dataclass(slots=True, eq=False)
class BoolOp(Expr):
    """`and` or `or` of conditions."""

    op: str
    operands: list[Expr]


@dataclass(slots=True, eq=False)
class Hint(Expr):
    """`likely` or `unlikely`."""

    expected: bool
    operand: Expr


@dataclass(slots=True, eq=False)
class Choice(Expr):
    """`a if condition else b`."""

    condition: Expr
    yes: Expr
    no: Expr


@dataclass(slots=True, eq=False)
class Load(Expr):
    """`pointer.field`."""

    memory: Type
    pointer: Expr
    field: str
    offset: int


@dataclass(slots=True, eq=False)
class Element(Expr):
    """`pointer[index]`."""

    memory: Type
    pointer: Expr
    index: Expr


@dataclass(slots=True, eq=False)
class Address(Expr):
    """`pointer.ref("field")`, or an embedded struct or array."""

    pointer: Expr
    field: str
    offset: int


@dataclass(slots=True, eq=False)
class Step(Expr):
    """`pointer + index` or `pointer - index`."""

    op: str
    pointer: Expr
    index: Expr


@dataclass(slots=True, eq=False)
class Difference(Expr):
    """`pointer - pointer`, in elements."""

    left: Expr
    right: Expr


@dataclass(slots=True, eq=False)
class Cast(Expr):
    """To `to`, which is narrower than `type` for u8, i8, u16 and i16."""

    to: Type
    operand: Expr


@dataclass(slots=True, eq=False)
class Call(Expr):
    """Of a native or inline function; `None` stands for the interpreter state as an argument."""

    function: NativeFunction
    args: list[Expr | None]


@dataclass(slots=True, eq=False)
class CallPointer(Expr):
    """Through a field of type FnPtr."""

    signature: FnPtr
    pointer: Expr
    args: list[Expr]


@dataclass(slots=True, eq=False)
class CallIntrinsic(Expr):
    intrinsic: Intrinsic
    args: list[Expr]


@dataclass(slots=True, eq=False)
class Leave(Expr):
    """How a handler ends: next, dispatch, plain, tail or tail_ptr."""

    kind: str
    target: NativeFunction | None
    args: list[Expr]


@dataclass(slots=True, eq=False)
class Stmt:
    line: int


@dataclass(slots=True, eq=False)
class Assign(Stmt):
    name: str
    value: Expr


@dataclass(slots=True, eq=False)
class StoreField(Stmt):
    memory: Type
    pointer: Expr
    field: str
    offset: int
    value: Expr


@dataclass(slots=True, eq=False)
class StoreElement(Stmt):
    memory: Type
    pointer: Expr
    index: Expr
    value: Expr


@dataclass(slots=True, eq=False)
class Evaluate(Stmt):
    """An expression for its effect."""

    value: Expr


@dataclass(slots=True, eq=False)
class If(Stmt):
    condition: Expr
    then: list[Stmt]
    orelse: list[Stmt]


@dataclass(slots=True, eq=False)
class While(Stmt):
    condition: Expr
    body: list[Stmt]


@dataclass(slots=True, eq=False)
class For(Stmt):
    """`for name in range(low, high, step)`; bounds are evaluated once, the step is a constant."""

    name: str
    type: Type
    low: Expr
    high: Expr
    step: int
    body: list[Stmt]


@dataclass(slots=True, eq=False)
class Break(Stmt):
    pass


@dataclass(slots=True, eq=False)
class Continue(Stmt):
    pass


@dataclass(slots=True, eq=False)
class Return(Stmt):
    value: Expr | None


@dataclass(slots=True, eq=False)
class Tree:
    """A checked function."""

    function: NativeFunction
    params: list[tuple[str, Type]]
    result: Type
    body: list[Stmt]


def walk(node: Any) -> Iterator[Expr | Stmt]:
    """A node, or list of nodes, and everything below."""
    if isinstance(node, list):
        for item in node:
            yield from walk(item)
    elif isinstance(node, (Expr, Stmt)):
        yield node
        for field in fields(node):
            yield from walk(getattr(node, field.name))
