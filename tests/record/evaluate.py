"""Runs traces in Python, as machine code would: reads and writes the program's stack and heap, leaves through
snapshots.  Slow and obvious; for tests of the recorder before and beside the backend.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ir.arith import ARITH, COMPARE, compute
from ir.calls import CALLS
from ir.fields import FIELDS, GG_BASEMT
from ir.layout import ACCESS, Ptr, offset_of, size_of, u64
from ir.objects import VM, GCstr, GCtab, TValue
from ir.ops import FPM_LOG, FPM_LOG2, SLOAD_FRAME, SLOAD_KEYINDEX, Op
from ir.snapshot import SnapFlag, Snapshot
from ir.trace import LinkType, Trace
from ir.types import IRType
from ir.values import Ins
from jitvm.native import registry
from jitvm.record.view import FALSE_BITS, NIL, TRUE_BITS, View, bits_of, boxed, irt_of, num2int, number_of
from jitvm.runtime.values import format_number, parse_number

INT, NUM = IRType.INT, IRType.NUM
LEAVING = (LinkType.RETURN, LinkType.INTERP, LinkType.STITCH)
KEYINDEX_TAG = 0xFFFE7FFF << 32
OVERFLOW = {Op.ADDOV: lambda a, b: a + b, Op.SUBOV: lambda a, b: a - b, Op.MULOV: lambda a, b: a * b}


class Exit(Exception):
    """A guard failed."""


@dataclass
class Outcome:
    """How a trace was left."""

    trace: Trace
    exitno: int  # -1 if its end was reached; `run_traces` turns that into the last snapshot.
    base: int
    values: dict[Ins, object]
    ended: bool = False


def box(type_: IRType, value: object) -> int:
    match type_:
        case IRType.NIL:
            return NIL
        case IRType.FALSE:
            return FALSE_BITS
        case IRType.TRUE:
            return TRUE_BITS
        case IRType.NUM:
            return bits_of(float(value))
        case _ if IRType.I8 <= type_ <= IRType.INT:
            return bits_of(float(value))
        case _:
            return boxed(type_, int(value))


class Evaluator:
    """Runs one trace once."""

    def __init__(self, view: View, base: int, trace: Trace, parent: dict[int, object]) -> None:
        self.view, self.base, self.trace, self.parent = view, base, trace, parent
        self.values: dict[Ins, object] = {}
        self.next_index = -1

    def value(self, arg: object) -> object:
        if not isinstance(arg, Ins):
            return arg
        if arg.op is Op.BASE:
            return self.base
        if arg.is_const:
            return arg.args[0] if arg.args else 0
        return self.values[arg]

    def run(self, iterations: int = 10_000_000) -> Outcome:
        trace = self.trace
        loop = trace.loop
        at = 1
        phis = [(ins.args[0], ins.args[1]) for ins in trace.ins if ins.op is Op.PHI]
        try:
            while True:
                while at < len(trace.ins):
                    ins = trace.ins[at]
                    if ins.op is Op.PHI:
                        break
                    self.step(ins)
                    at += 1
                if not loop:
                    at = trace.snaps[-1].ref
                    return Outcome(trace, -1, self.base, self.values)
                new = [self.value(right) for _, right in phis]
                for (left, _), value in zip(phis, new, strict=True):
                    self.values[left] = value
                at = loop + 1
                iterations -= 1
                assert iterations, "endless loop"
        except Exit:
            number = max(n for n, snap in enumerate(trace.snaps) if snap.ref <= at)
            return Outcome(trace, number, self.base, self.values)

    def step(self, ins: Ins) -> None:
        op, args = ins.op, ins.args
        if op in (Op.NOP, Op.LOOP, Op.USE, Op.TBAR, Op.OBAR, Op.GCSTEP, Op.CARG):
            return
        if op in COMPARE:
            if not COMPARE[op](ins.type, self.value(args[0]), self.value(args[1])):
                raise Exit
        elif op in OVERFLOW:
            result = OVERFLOW[op](self.value(args[0]), self.value(args[1]))
            if ins.guard and not -0x80000000 <= result < 0x80000000:
                raise Exit
            self.values[ins] = result
        elif op is Op.CONV and ins.guard:
            number = float(self.value(args[0]))
            if num2int(number) != number:
                raise Exit
            self.values[ins] = num2int(number)
        elif op is Op.FPMATH and args[1] in (FPM_LOG, FPM_LOG2):
            number = self.value(args[0])
            self.values[ins] = (math.log if args[1] == FPM_LOG else math.log2)(number)
        elif op in ARITH:
            self.values[ins] = compute(op, ins.type, tuple(self.value(arg) for arg in args))
        else:
            getattr(self, f"op_{op.name.lower()}")(ins, *args)

    # Stack.

    def op_sload(self, ins: Ins, slot: int, mode: int) -> None:
        bits = self.view.value_at(self.base + 8 * (slot - 2))
        if mode & SLOAD_FRAME:
            self.values[ins] = bits & 0xFFFFFFFF
        elif mode & SLOAD_KEYINDEX:
            self.values[ins] = bits & 0xFFFFFFFF
        else:
            self.load(ins, bits)

    def load(self, ins: Ins, bits: int) -> None:
        """A slot as the type of the load says, which is checked."""
        found = irt_of(bits)
        if ins.type is INT:
            if found is not NUM or num2int(number_of(bits)) != number_of(bits):
                assert ins.guard, f"{ins} of {bits:#x}"
                raise Exit
            self.values[ins] = num2int(number_of(bits))
        elif found is not ins.type:
            assert ins.guard, f"{ins} of {bits:#x}"
            raise Exit
        else:
            self.values[ins] = number_of(bits) if found is NUM else bits & (1 << 47) - 1

    def op_pval(self, ins: Ins, ref: int) -> None:
        self.values[ins] = self.parent[ref]

    def op_retf(self, ins: Ins, proto: Ins, pc: Ins) -> None:
        if self.view.link(self.base - 8) != pc.value:
            raise Exit
        self.base -= 8 * (2 + (self.view.ins(int(pc.value) - 4) >> 8 & 0xFF))

    # Memory.

    def op_fload(self, ins: Ins, obj: Ins, number: int) -> None:
        if number in GG_BASEMT:
            address = self.view.g + offset_of(VM, "basemt") + 8 * GG_BASEMT.index(number)
            self.values[ins] = int.from_bytes(self.view.read.data(address, 8), "little")
            return
        if number >= len(FIELDS):
            self.values[ins] = 0.0
            return
        field = FIELDS[number]
        address = int(self.value(obj)) + field.offset
        size = size_of(field.struct.layout()[field.field][1])
        self.values[ins] = int.from_bytes(self.view.read.data(address, size), "little")

    def op_fref(self, ins: Ins, obj: Ins, number: int) -> None:
        self.values[ins] = int(self.value(obj)) + FIELDS[number].offset

    def op_fstore(self, ins: Ins, ref: Ins, value: Ins) -> None:
        if ins.type is IRType.U8:
            self.view.read.set_u8(self.value(ref), self.value(value))
        else:
            assert ins.type is IRType.TAB  # A metatable, or none.
            self.view.read.set_u64(self.value(ref), int(self.value(value)))

    def op_abc(self, ins: Ins, asize: Ins, index: Ins) -> None:
        if not 0 <= self.value(index) < self.value(asize):
            raise Exit

    def op_aref(self, ins: Ins, array: Ins, index: Ins) -> None:
        self.values[ins] = self.value(array) + 8 * self.value(index)

    def op_hrefk(self, ins: Ins, node: Ins, kslot: Ins) -> None:
        key, slot = kslot.args
        address = self.value(node) + 24 * slot
        if self.view.node_key(address) != box(key.type, key.value):
            raise Exit
        self.values[ins] = address

    def op_href(self, ins: Ins, tab: Ins, key: Ins) -> None:
        self.values[ins] = self.view.table_get(self.value(tab), box(key.type, self.value(key)))

    def op_aload(self, ins: Ins, ref: Ins) -> None:
        self.load(ins, self.view.value_at(self.value(ref)))

    op_hload = op_uload = op_aload

    def op_vload(self, ins: Ins, ref: Ins, index: int) -> None:
        self.load(ins, self.view.value_at(self.value(ref) + 8 * index))

    def op_astore(self, ins: Ins, ref: Ins, value: Ins) -> None:
        self.view.read.set_u64(self.value(ref), box(value.type, self.value(value)))

    op_hstore = op_ustore = op_astore

    def op_urefc(self, ins: Ins, fn: Ins, literal: int) -> None:
        upvalue = self.view.upvalue(self.value(fn), literal >> 8)
        if self.view.upvalue_closed(upvalue) != (ins.op is Op.UREFC):
            raise Exit
        self.values[ins] = self.view.upvalue_target(upvalue)

    op_urefo = op_urefc

    # Calls and allocations: by the simulated native functions.

    def native(self, name: str, *args: object) -> int:
        result = registry.NATIVES[name](Ptr(VM, self.view.g), *args)
        return result.addr if isinstance(result, Ptr) else result

    def op_tobit(self, ins: Ins, a: Ins, bias: Ins) -> None:
        number = self.value(a)
        self.values[ins] = (round(number) + 0x80000000 & 0xFFFFFFFF) - 0x80000000

    def op_tostr(self, ins: Ins, a: Ins, mode: int) -> None:
        value = self.value(a)
        text = bytes((int(value),)) if mode == 2 else format_number(float(value))
        self.values[ins] = self.intern(text)

    def op_strto(self, ins: Ins, a: Ins) -> None:
        number = parse_number(self.view.string(self.value(a)))
        if number is None:
            raise Exit
        self.values[ins] = number

    def intern(self, text: bytes) -> int:
        g = Ptr(VM, self.view.g)
        scratch = registry.NATIVES["buf_need"](g, u64(len(text) + 1))
        self.view_write(scratch.addr, text)
        return self.native("str_new", scratch, len(text))

    def view_write(self, address: int, data: bytes) -> None:
        ACCESS.memory.write(address, data)

    def op_bufhdr(self, ins: Ins, buffer: Ins, mode: int) -> None:
        self.values[ins] = b""

    def op_bufput(self, ins: Ins, buffer: Ins, string: Ins) -> None:
        self.values[ins] = self.value(buffer) + self.view.string(self.value(string))

    def op_bufstr(self, ins: Ins, buffer: Ins, header: Ins) -> None:
        self.values[ins] = self.intern(self.value(buffer))

    def op_strref(self, ins: Ins, string: Ins, index: Ins) -> None:
        self.values[ins] = self.value(string) + GCstr.sizeof() + self.value(index)

    def op_xload(self, ins: Ins, ref: Ins, mode: int) -> None:
        self.values[ins] = self.view.read.u8(self.value(ref))

    def op_snew(self, ins: Ins, data: Ins, length: Ins) -> None:
        self.values[ins] = self.intern(self.view.read.data(self.value(data), self.value(length)))

    def op_tnew(self, ins: Ins, asize: int, hbits: int) -> None:
        self.values[ins] = self.native("tab_new", asize, hbits)

    def op_tdup(self, ins: Ins, template: Ins) -> None:
        self.values[ins] = self.native("tab_dup", Ptr(GCtab, template.value))

    def op_newref(self, ins: Ins, tab: Ins, key: Ins) -> None:
        slot = self.view.g + offset_of(VM, "tmptv2")
        self.view.read.set_u64(slot, box(key.type, self.value(key)))
        self.values[ins] = self.native("tab_newkey", Ptr(GCtab, self.value(tab)), Ptr(TValue, slot))

    def op_tmpref(self, ins: Ins, value: Ins, mode: int) -> None:
        slot = self.view.g + offset_of(VM, "tmptv")
        self.view.read.set_u64(slot, box(value.type, self.value(value)))
        self.values[ins] = slot

    def op_hiop(self, ins: Ins, call: Ins, _: Ins) -> None:
        self.values[ins] = self.next_index

    def arguments(self, ins: Ins) -> list[object]:
        if ins.op is Op.CARG:
            return [*self.arguments(ins.args[0]), self.value(ins.args[1])]
        return [self.value(ins)]

    def op_calln(self, ins: Ins, args: Ins, number: int) -> None:
        values = self.arguments(args)
        name = CALLS[number].name
        self.values[ins] = CALLED[name](self, *values)

    op_calll = op_calls = op_calla = op_calln

    def op_pow(self, ins: Ins, a: Ins, b: Ins) -> None:
        self.values[ins] = float(self.value(a)) ** float(self.value(b))

    def op_neg(self, ins: Ins, a: Ins, mask: Ins) -> None:
        self.values[ins] = -self.value(a)

    def op_mod(self, ins: Ins, a: Ins, b: Ins) -> None:
        self.values[ins] = self.value(a) % self.value(b)

    def op_alen(self, ins: Ins, tab: Ins, hint: Ins) -> None:
        table = int(self.value(tab))
        size = self.view.asize(table)
        while size > 1 and self.view.value_at(self.view.array_slot(table, size - 1)) == NIL:
            size -= 1
        self.values[ins] = max(size - 1, 0)


def _next(ev: Evaluator, table: int, index: int) -> int:
    """The next entry of a table: value and key in two slots; the index after it."""
    view = ev.view
    out = view.g + offset_of(VM, "tmptv")
    asize = view.asize(table)
    nodes = view.nodes(table) if view.hmask(table) else range(0)
    ev.next_index = -1
    for i in range(index, asize + len(nodes)):
        if i < asize:
            key, value = bits_of(float(i)), view.value_at(view.array_slot(table, i))
        else:
            key, value = view.node_key(nodes[i - asize]), view.value_at(nodes[i - asize])
        if value != NIL:
            view.read.set_u64(out, value)
            view.read.set_u64(out + 8, key)
            ev.next_index = i + 1
            return out
    view.read.set_u64(out, NIL)
    view.read.set_u64(out + 8, NIL)
    return out


def _compare_strings(ev: Evaluator, a: int, b: int) -> int:
    left, right = ev.view.string(a), ev.view.string(b)
    return (left > right) - (left < right)


CALLED: dict[str, Any] = {
    "lj_vm_next": _next,
    "lj_str_cmp": _compare_strings,
    "lj_tab_keyindex": lambda ev, t, slot: ev.view.key_index(t, ev.view.value_at(slot)),
    "lj_buf_putstr_rep": lambda ev, buffer, s, n: buffer + ev.view.string(s) * n,
    "lj_buf_putstr_reverse": lambda ev, buffer, s: buffer + ev.view.string(s)[::-1],
    "lj_buf_putstr_lower": lambda ev, buffer, s: buffer + ev.view.string(s).lower(),
    "lj_buf_putstr_upper": lambda ev, buffer, s: buffer + ev.view.string(s).upper(),
    "pow": lambda ev, a, b: a**b,
    **{
        name: (lambda f: lambda ev, *args: f(*args))(getattr(math, name))
        for name in (
            "log10",
            "exp",
            "sin",
            "cos",
            "tan",
            "asin",
            "acos",
            "atan",
            "sinh",
            "cosh",
            "tanh",
            "log",
            "atan2",
        )
    },
}


def restore(view: View, outcome: Outcome, snap: Snapshot) -> int:
    """Write a snapshot to the stack; the new base."""
    evaluator = Evaluator(view, outcome.base, outcome.trace, {})
    evaluator.values = outcome.values
    for entry in snap.entries:
        if entry.flags & SnapFlag.NORESTORE:
            continue
        ins = entry.ref
        if ins.op is Op.CONV and ins not in outcome.values:
            evaluator.step(ins)
        value = evaluator.value(ins)
        if entry.flags & SnapFlag.KEYINDEX:
            bits = KEYINDEX_TAG | int(value) & 0xFFFFFFFF
        elif ins.op is Op.KNUM:
            bits = bits_of(value)
        else:
            bits = box(ins.type, value)
        view.read.set_u64(outcome.base + 8 * (entry.slot - 2), bits)
    return outcome.base + 8 * (snap.baseslot - 2)


def run_traces(
    view: View, traces: dict[int, Trace], side: dict[tuple[int, int], int], number: int, base: int
) -> Outcome:
    """From entering a trace until the interpreter goes on; the stack is written."""
    parent: dict[int, object] = {}
    for _ in range(1_000_000):
        trace = traces[number]
        outcome = Evaluator(view, base, trace, parent).run()
        exitno = outcome.exitno if outcome.exitno >= 0 else len(trace.snaps) - 1
        inner = restore(view, outcome, trace.snaps[exitno])
        # A side trace goes on in its parent's frame of reference; all others start at the frame's base.
        base = outcome.base if outcome.exitno >= 0 else inner
        if outcome.exitno >= 0:
            follower = side.get((number, exitno), 0)
        else:
            follower = trace.link if trace.linktype not in LEAVING else 0
        outcome.exitno, outcome.base, outcome.ended = exitno, inner, outcome.exitno < 0
        if not follower:
            return outcome
        parent = {ins.ref: value for ins, value in outcome.values.items()}
        number = follower
    raise AssertionError("traces that never end")
