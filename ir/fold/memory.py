"""Loads, stores, allocations, barriers: what may pass through CSE, and what goes to alias analysis.

Every opcode that loads, stores or allocates must have a rule for all its operands here, or CSE would merge
what must not be merged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ir import heap
from ir.fields import FL_TAB_ASIZE, FL_TAB_HMASK
from ir.fold.engine import DROPPED, fold
from ir.layout import ACCESS, Ptr
from ir.objects import GCfunc, GCstr, GCtab
from ir.ops import SLOAD_FRAME, Op
from ir.passes import alias
from ir.passes.flags import OptFlag
from ir.types import IRType
from ir.values import Ins

if TYPE_CHECKING:
    from ir.builder import TraceBuilder

_FOLD, _CSE = int(OptFlag.FOLD), int(OptFlag.CSE)
_COLLECTED = (Op.SNEW, Op.XSNEW, Op.TNEW, Op.TDUP, Op.CNEW, Op.CNEWI, Op.BUFSTR, Op.TOSTR, Op.CALLA)


def crosses_gc_step(b: TraceBuilder, ref: int) -> bool:
    """Steps of the collector stand at the head of the loop, if the trace allocates at all."""
    return ref < b.head(Op.LOOP) and any(b.chain[op] for op in _COLLECTED)


# Loads.


@fold("ALOAD any")
def fwd_aload(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """Array load"""
    return alias.forward_aload(b, ins) or b.append(ins)


@fold("HLOAD KKPTR")
def kfold_hload_kkptr(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """Load through a lookup that is known to fail: nil"""
    assert b.heap is None or left.args[0] == b.heap.niltv, left
    return b.trace.k_nil


@fold("HLOAD any")
def fwd_hload(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """Hash load"""
    return alias.forward_load(b, ins, left) or b.append(ins)


@fold("ULOAD any")
def fwd_uload(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins:
    """Upvalue load"""
    return alias.forward_uload(b, ins)


@fold("ALEN any any")
def fwd_alen(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Length of a table"""
    return alias.forward_alen(b, ins)


@fold("XLOAD KKPTR any")
def xload_kptr(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Load from constant memory"""
    return load_constant(b, ins.type, left.args[0])


@fold("XLOAD any any")
def fwd_xload(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Load from raw memory"""
    return alias.forward_xload(b, ins)


@fold("SLOAD any any")
def fwd_sload(b: TraceBuilder, ins: Ins, left: int, right: int) -> Ins:
    """Only the loop pass gets here: a slot's value at the end of the first iteration"""
    if right & SLOAD_FRAME:
        found = b.cse(ins)
        return b.append(ins) if found is not ins and found.ref < b.head(Op.RETF) else found
    value = b.slots[left]
    assert value is not None, f"slot {left} has no value at the loop's end"
    return value


def load_constant(b: TraceBuilder, type_: IRType, address: int) -> Ins | None:
    """Value of constant memory."""
    data = ACCESS.memory.read(address, type_.size)
    if type_ is IRType.NUM:
        import struct

        return b.knum(struct.unpack("<d", data)[0])
    if not type_.is_integer:
        return None
    value = int.from_bytes(data, "little", signed=type_.is_signed)
    return b.kint64(value) if type_.size == 8 else b.kint(value)


# References.


@fold("HREFK any any")
def fwd_hrefk(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Place of a constant key"""
    return alias.forward_hrefk(b, ins)


@fold("HREF TNEW any")
def fwd_href_tnew(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """A new table lacks the key"""
    if b.heap is not None and alias.key_is_absent(b, ins):
        return b.kkptr(b.heap.niltv)
    return None


@fold("HREF TDUP KPRI", "HREF TDUP KGC", "HREF TDUP KNUM")
def fwd_href_tdup(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins | None:
    """A copy lacks the key, if the template does"""
    if b.heap is None or heap.table_lookup(left.args[0].args[0], right) is not None:
        return None
    return b.kkptr(b.heap.niltv) if alias.key_is_absent(b, ins) else None


@fold("UREFO KGC any", "UREFC KGC any")
def cse_uref(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Upvalues of constant functions are the same if they are the same object"""
    if b.flags & _CSE:
        target = _upvalue(left, right)
        for other in reversed(b.chain[ins.op]):
            if other.args[0].op is Op.KGC and _upvalue(other.args[0], other.args[1]) == target:
                if ins.op is Op.UREFO and crosses_gc_step(b, other.ref):
                    break
                return other
    return b.append(ins)


def _upvalue(function: Ins, literal: int) -> int:
    address: int = Ptr(GCfunc, function.args[0]).uv[literal >> 8]
    return address


# Fields.


@fold("FLOAD TNEW tab.asize")
def fload_tab_tnew_asize(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Array size of a new table"""
    if b.flags & _FOLD and alias.table_unchanged(b, left, left.ref):
        return b.kint(left.args[0])
    return None


@fold("FLOAD TNEW tab.hmask")
def fload_tab_tnew_hmask(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Hash size of a new table"""
    if b.flags & _FOLD and alias.table_unchanged(b, left, left.ref):
        return b.kint((1 << left.args[1]) - 1)
    return None


@fold("FLOAD TDUP tab.asize", "FLOAD TDUP tab.hmask")
def fload_tab_tdup_size(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Sizes of a copy are those of the template"""
    if b.flags & _FOLD and alias.table_unchanged(b, left, left.ref):
        template = Ptr(GCtab, left.args[0].args[0])
        return b.kint(template.asize if right == FL_TAB_ASIZE else template.hmask)
    return None


@fold("HREF any any", *[f"FLOAD any tab.{name}" for name in ("array", "node", "asize", "hmask")])
def fload_tab_ah(b: TraceBuilder, ins: Ins, left: Ins, right: object) -> Ins:
    """Table layout: no store changes it, but a new key may"""
    found = b.cse(ins)
    if found is not ins and not alias.table_unchanged(b, left, found.ref):
        return b.append(ins)
    return found


@fold("FLOAD KGC str.len")
def fload_str_len_kgc(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Length of a constant string"""
    return b.kint(Ptr(GCstr, left.args[0]).len) if b.flags & _FOLD else None


@fold("FLOAD SNEW str.len")
def fload_str_len_snew(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Length of a substring is what it was made with"""
    return left.args[1] if b.flags & _FOLD and not left.phi else None


@fold("FLOAD TOSTR str.len")
def fload_str_len_tostr(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Length of string.char(c)"""
    return b.kint(1) if b.flags & _FOLD and left.args[1] == _TOSTR_CHAR else None


_TOSTR_CHAR = 2


@fold("FLOAD KGC func.ffid")
def fload_func_ffid_kgc(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins | None:
    """Which builtin a constant function is"""
    return b.kint(Ptr(GCfunc, left.args[0]).ffid) if b.flags & _FOLD else None


@fold("FLOAD any str.len", "FLOAD any func.env", "FLOAD any thread.env", "VLOAD any any")
def cse_immutable(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Fields that never change"""
    return b.cse(ins)


@fold(*[f"FLOAD any sbuf.{name}" for name in ("w", "e", "b", "l", "ref", "r")])
def fload_sbuf(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Fields of a buffer, which its operations change too"""
    return alias.forward_sbuf(b, ins)


@fold("FLOAD any any")
def fwd_fload(b: TraceBuilder, ins: Ins, left: Ins, right: int) -> Ins:
    """Fields that stores may change"""
    return alias.forward_fload(b, ins)


# Frames.


@fold("SUB any BASE", "SUB BASE any", "EQ any BASE")
def fold_base(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """BASE changes at a return to a lower frame"""
    return b.cse_after(ins, b.head(Op.RETF))


# Barriers.


@fold("TBAR any", "OBAR any any", "UREFO any any")
def barrier_tab(b: TraceBuilder, ins: Ins, left: Ins, right: object) -> Ins:
    """Barriers are done once per step of the collector; a step may also move a stack with open upvalues"""
    found = b.cse(ins)
    return b.append(ins) if found is not ins and crosses_gc_step(b, found.ref) else found


@fold("TBAR TNEW", "TBAR TDUP")
def barrier_tnew_tdup(b: TraceBuilder, ins: Ins, left: Ins, right: None) -> Ins | None:
    """A new table needs no barrier before the next step of the collector"""
    return None if left.ref < b.head(Op.LOOP) else DROPPED


@fold("PROF any any")
def prof(b: TraceBuilder, ins: Ins, left: object, right: object) -> Ins:
    """Two in a row are one"""
    known = b.chain[Op.PROF]
    if known and known[-1].ref + 1 == b.trace.nins:
        return known[-1]
    return b.append(ins)


# Stores and allocations.


@fold("ASTORE any any", "HSTORE any any")
def dse_ahstore(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Table store"""
    return alias.eliminate_store(b, ins)


@fold("USTORE any any")
def dse_ustore(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Upvalue store"""
    return alias.eliminate_ustore(b, ins)


@fold("FSTORE any any")
def dse_fstore(b: TraceBuilder, ins: Ins, left: Ins, right: Ins) -> Ins:
    """Field store"""
    return alias.eliminate_fstore(b, ins)


@fold(
    "XSTORE any any",
    "NEWREF any any",
    "TMPREF any any",
    "CALLA any any",
    "CALLL any any",
    "CALLS any any",
    "CALLXS any any",
    "XBAR",
    "RETF any any",
    "TNEW any any",
    "TDUP any",
    "CNEW any any",
    "XSNEW any any",
    "GCSTEP",
    "HIOP any any",
    "LOOP",
    "PHI any any",
)
def emit_as_is(b: TraceBuilder, ins: Ins, left: object, right: object) -> Ins:
    """Effects and identities of their own: never merged"""
    return b.append(ins)


assert FL_TAB_HMASK == FL_TAB_ASIZE + 1
