"""Functions of the interpreter's convention: simulated, evaluated, and entered as machine code.

A program is a list of instruction words.  Bytecode OP runs the handler under test, STOP notes the pinned
state and leaves.  Everything lives in one buffer of the process's own memory, so that all engines see the
same addresses.
"""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from ir.interp import Jump, Machine
from ir.layout import ACCESS, Ptr, offset_of
from ir.objects import VM, TValue
from ir.ops import Op
from jitvm.native import Interp, Next, addr, cast, f64, inline, registry, u8, u32, u64, unlikely, vm_leave
from jitvm.native.build import link
from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.image import Image, place
from jitvm.native.lower import lower_function
from jitvm.native.stubs import stubs
from x64.area import Area
from x64.compile import compile_function

from .engines import declare

OP, STOP = 250, 251
SLOTS, CODE, CONSTANTS, GLOBAL = 0, 256, 512, 1024
SIZE = GLOBAL + VM.sizeof()


class Buffer:
    """Process memory by address."""

    def __init__(self) -> None:
        self.bytes = ctypes.create_string_buffer(SIZE + 16)
        self.base = -(-ctypes.addressof(self.bytes) // 16) * 16
        self.functions: dict[int, Any] = {}

    def read(self, address: int, size: int) -> bytes:
        assert self.base <= address <= self.base + SIZE - size, hex(address)
        return ctypes.string_at(address, size)

    def write(self, address: int, data: bytes) -> None:
        assert self.base <= address <= self.base + SIZE - len(data), hex(address)
        ctypes.memmove(address, data, len(data))

    def function_at(self, address: int) -> Any:
        return self.functions[address]


def handler(function: Any) -> NativeFunction:
    return declare(function, Kind.HANDLER)


@handler
def stop(vm: Interp, ra: u64, rd: u64) -> Next:
    vm.g.buf_length = addr(vm.base)
    vm.g.multres = addr(vm.pc)
    vm.g.kslots = addr(vm.kbase)
    return vm.tail(vm_leave, ra, rd)


@inline
def is_number(v: Ptr[TValue]) -> bool:
    return v.hi < 0xFFF90000


@inline
def slow(vm: Interp, ra: u64) -> Next:
    vm.pc += 1
    return vm.tail(stop, ra, 77)


@handler
def add(vm: Interp, ra: u64, rd: u64) -> Next:
    left = vm.base + (rd >> 8)
    if unlikely(not is_number(left)):
        return slow(vm, ra)
    (vm.base + ra).num = left.num + cast(Ptr[f64], vm.kbase)[u8(rd)]
    return vm.next()


@handler
def shift(vm: Interp, ra: u64, rd: u64) -> Next:
    vm.base = vm.base + ra
    vm.kbase -= 1
    ins = vm.pc[0]
    vm.pc += 1
    return vm.dispatch(ins)


@handler
def plainly(vm: Interp, ra: u64, rd: u64) -> Next:
    ins = vm.pc[0]
    vm.pc += 1
    return vm.plain(ins)


@handler
def through(vm: Interp, ra: u64, rd: u64) -> Next:
    return vm.tail_ptr(vm.g.registry.bits, ra + 1, rd << 40)


@handler
def narrow(vm: Interp, ra: u32, rd: Ptr[TValue]) -> Next:
    total: u32 = 0
    for i in range(ra):
        total += i
    return vm.tail(stop, total, rd)


def word(op: int, a: int, d: int) -> int:
    return op | a << 8 | d << 16


CASES = [
    (add, [word(OP, 1, 0 << 8 | 2), word(STOP, 3, 4)]),
    (add, [word(OP, 1, 3 << 8 | 2), word(STOP, 3, 4)]),
    (shift, [word(OP, 2, 0), word(STOP, 9, 8), word(STOP, 1, 1)]),
    (plainly, [word(OP, 2, 0), word(OP, 5, 0xFFFF), word(STOP, 1, 1)]),
    (through, [word(OP, 2, 0x81)]),
    (narrow, [word(OP, 5, 0x1234)]),
]


def prepare(buffer: Buffer, program: list[int]) -> None:
    ctypes.memset(buffer.base, 0, SIZE)
    slots = Ptr(TValue, buffer.base + SLOTS)
    slots[0].num, slots[1].num, slots[2].num = 1.5, 2.5, 3.5
    slots[3].bits = 0xFFFF_8000_0000_0000
    constants = Ptr(f64, buffer.base + CONSTANTS)
    for i in range(4):
        constants[i] = i * 0.25
    code = Ptr(u32, buffer.base + CODE)
    for i, ins in enumerate(program):
        code[i] = ins


def state(buffer: Buffer, status: int) -> tuple[Any, ...]:
    """What a run leaves behind."""
    g = Ptr(VM, buffer.base + GLOBAL)
    slots = buffer.read(buffer.base, 64)
    return status & 0xFFFFFFFFFFFFFFFF, g.buf_length, g.multres, g.kslots, slots


def pinned(buffer: Buffer) -> tuple[int, int, int, int]:
    """base, pc, kbase, g at the start."""
    return tuple(buffer.base + place for place in (SLOTS, CODE, CONSTANTS, GLOBAL))


def simulate(buffer: Buffer, function: NativeFunction, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setitem(registry.HANDLERS, OP, function)
    monkeypatch.setitem(registry.HANDLERS, STOP, stop)
    buffer.functions[1] = stop
    Ptr(VM, buffer.base + GLOBAL).registry.bits = 1
    base, pc, kbase, g = pinned(buffer)
    return Interp(Ptr(VM, g), Ptr(TValue, base), Ptr(u32, pc), Ptr(u64, kbase)).run(100)


def evaluate(buffer: Buffer, function: NativeFunction) -> int:
    machine = Machine({f.symbol: lower_function(f) for f in (function, stop)})
    g = buffer.base + GLOBAL
    Ptr(VM, g).registry.bits = 1
    table = Ptr(u64, g + offset_of(VM, "dispatch_plain"))
    table[OP], table[STOP] = 2, 1
    names = {OP: function.symbol, STOP: stop.symbol, 1: stop.symbol, 2: function.symbol, "stop": stop.symbol}
    base, pc, kbase, _ = pinned(buffer)
    jump = Jump(Op.NEXT, None, base, pc, kbase, g, ())
    while True:
        target: Any = jump.target
        if jump.op is Op.NEXT:
            ins = jump.operands[0] if jump.operands else Ptr(u32, jump.pc)[0]
            pc = jump.pc if jump.operands else jump.pc + 4
            target, operands = ins & 0xFF, (ins >> 8 & 0xFF, ins >> 16)
        else:
            pc, operands = jump.pc, jump.operands
        if target == "vm_leave":
            return int(operands[1])
        jump = machine.call(names[target], jump.base, pc, jump.kbase, jump.g, *operands)


def image_of(functions: list[NativeFunction]) -> Image:
    pieces = {name: (data, [(o, "rel", s) for o, s in relocs]) for name, (data, relocs) in stubs().items()}
    del pieces["vm_exit"]
    for function in functions:
        code = compile_function(lower_function(function))
        pieces[function.symbol] = code.data, [(r.offset, "rel", r.symbol) for r in code.relocs]
    return place(link(pieces, {}), Area(limit=1 << 16))


def enter(buffer: Buffer, function: NativeFunction) -> int:
    image = image_of([function, stop])
    base, pc, kbase, g = pinned(buffer)
    for name in ("dispatch", "dispatch_plain"):
        table = Ptr(u64, g + offset_of(VM, name))
        table[OP], table[STOP] = image.address(function.symbol), image.address("stop")
    Ptr(VM, g).registry.bits = image.address("stop")
    return int(image.callable("vm_enter")(g, 0, pc, base, kbase))


@pytest.mark.parametrize(("function", "program"), CASES, ids=lambda x: x.name if hasattr(x, "name") else "")
def test_engines_agree(function: NativeFunction, program: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = Buffer()
    monkeypatch.setattr(ACCESS, "memory", buffer)
    results = []
    for run in (lambda: simulate(buffer, function, monkeypatch), lambda: evaluate(buffer, function)):
        prepare(buffer, program)
        results.append(state(buffer, run()))
    prepare(buffer, program)
    results.append(state(buffer, enter(buffer, function)))
    assert results[0] == results[1]
    assert results[0] == results[2]
