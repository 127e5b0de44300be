"""The reference evaluator of native functions: slow, obvious, and what machine code is compared with.

    machine = Machine({"inc": function})
    machine.call("inc", 41) == 42

Values are Python ints (in the range of their type; pointers unsigned) and floats; memory is `ACCESS.memory`.
Pure opcodes are in `ir/arith.py`; what has an effect registers here with `@execute`.  A handler ends in a
`Jump`, which says where it would go; `jitvm` decides what runs next.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from ir.arith import ARITH, COMPARE, Value, compute, wrap
from ir.layout import ACCESS, Ptr
from ir.objects import VM, GCObject
from ir.ops import COMPARISONS, Op
from ir.record import dataclass, field
from ir.types import IRType
from ir.values import Block, Edge, Function, Ins, Operand

FORMATS = {
    IRType.I8: "<b",
    IRType.U8: "<B",
    IRType.I16: "<h",
    IRType.U16: "<H",
    IRType.INT: "<i",
    IRType.U32: "<I",
    IRType.I64: "<q",
    IRType.U64: "<Q",
    IRType.P64: "<Q",
    IRType.NUM: "<d",
    IRType.FLOAT: "<f",
}

Callee = Callable[..., Value]


@dataclass(frozen=True, slots=True)
class Jump:
    """How a handler ended: NEXT, TAIL or TAILPTR, the symbol or address, and the operands passed on."""

    op: Op
    target: str | int | None
    base: int
    pc: int
    kbase: int
    g: int
    operands: tuple[Value, ...]


@dataclass(slots=True)
class Machine:
    """Functions by symbol, callees outside of the IR, and a limit on steps (loops of random programs)."""

    functions: Mapping[str, Function]
    externals: Mapping[str, Callee] = field(default_factory=dict)
    pointers: Callable[[int], Callee] | None = None  # Address of a System V function -> callee.
    steps: int = 1_000_000

    def call(self, name: str, *args: Value) -> Value:
        """The result of a function; None without one, a Jump from a handler."""
        if name not in self.functions:
            return self.externals[name](*args)
        function = self.functions[name]
        assert len(args) == len(function.params), f"{name} takes {len(function.params)} values"
        return _Frame(self, function).run(args)


Executor = Callable[["_Frame", Ins, tuple[Operand, ...]], Value]

#: Opcodes with effects: (frame, instruction, operand values) -> value.
EXECUTE: dict[Op, Executor] = {}


def execute(*ops: Op) -> Callable[[Executor], Executor]:
    """Registers how an opcode is executed."""

    def register(executor: Executor) -> Executor:
        for op in ops:
            assert op not in EXECUTE and op not in ARITH, op
            EXECUTE[op] = executor
        return executor

    return register


class OutOfSteps(Exception):
    """A function ran longer than the machine allows."""


class _Frame:
    """One activation."""

    def __init__(self, machine: Machine, function: Function) -> None:
        self.machine, self.function = machine, function
        self.values: dict[Ins, Value] = {}

    def run(self, args: tuple[Value, ...]) -> Value:
        edge = Edge(self.function.blocks[0])
        passed = args
        while True:
            values = [wrap(p.type, v) for p, v in zip(edge.block.params, passed)]
            self.values.update(zip(edge.block.params, values))
            done, result = self._block(edge.block)
            if done:
                return result
            edge = result
            passed = tuple(self.value(arg) for arg in edge.args)

    def value(self, ins: Ins) -> Value:
        return ins.value if ins.is_const else self.values[ins]

    def _block(self, block: Block) -> tuple[bool, Value]:
        for ins in block.body:
            self.machine.steps -= 1
            if self.machine.steps < 0:
                raise OutOfSteps(self.function.name)
            args = tuple(self.value(a) if isinstance(a, Ins) else a for a in ins.args)
            match ins.op:
                case Op.JMP:
                    return False, args[0]
                case Op.BR:
                    return False, args[1] if args[0] else args[2]
                case Op.RET:
                    return True, wrap(_result(self.function), args[0]) if args else None
                case Op.NEXT | Op.TAIL | Op.TAILPTR:
                    return True, _jump(ins.op, args)
                case _:
                    self.values[ins] = self._execute(ins, args)
        raise AssertionError(f"{block} of {self.function.name} has no end")

    def _execute(self, ins: Ins, args: tuple[Operand, ...]) -> Value:
        if ins.op in COMPARISONS:
            a, b = (wrap(ins.type, arg) for arg in args)
            return COMPARE[ins.op](ins.type, a, b)
        if ins.op in ARITH:
            return compute(ins.op, ins.type, args)
        return EXECUTE[ins.op](self, ins, args)


def _result(function: Function) -> IRType:
    assert function.result is not None, function.name
    return function.result


def _jump(op: Op, args: tuple[Value, ...]) -> Jump:
    target = None
    if op is not Op.NEXT:
        target, args = args[0], args[1:]
    base, pc, kbase, g, *operands = args
    return Jump(op, target, base, pc, kbase, g, tuple(operands))


@execute(Op.XLOAD)
def _xload(_: _Frame, ins: Ins, args: tuple[Value, ...]) -> Value:
    data = ACCESS.memory.read(wrap(IRType.U64, args[0]), ins.type.size)
    return struct.unpack(FORMATS[ins.type], data)[0]


@execute(Op.XSTORE)
def _xstore(_: _Frame, ins: Ins, args: tuple[Value, ...]) -> Value:
    data = struct.pack(FORMATS[ins.type], wrap(ins.type, args[1]))
    ACCESS.memory.write(wrap(IRType.U64, args[0]), data)


@execute(Op.BARRIER)
def _barrier(_: _Frame, ins: Ins, args: tuple[Value, ...]) -> Value:
    owner, g = Ptr(GCObject, wrap(IRType.U64, args[0])), Ptr(VM, wrap(IRType.U64, args[1]))
    if owner.color == g.gc_color:
        owner.color = 0
        ACCESS.memory.write(g.gc_again, struct.pack("<Q", owner.addr))
        g.gc_again = g.gc_again + 8


@execute(Op.CALL)
def _call(frame: _Frame, ins: Ins, args: tuple[Value, ...]) -> Value:
    return _returned(ins, frame.machine.call(*args))


@execute(Op.CALLPTR)
def _callptr(frame: _Frame, ins: Ins, args: tuple[Value, ...]) -> Value:
    assert frame.machine.pointers is not None, "the machine knows no functions by address"
    return _returned(ins, frame.machine.pointers(args[0])(*args[1:]))


def _returned(ins: Ins, value: Value) -> Value:
    return None if ins.type is IRType.NIL else wrap(ins.type, value)
