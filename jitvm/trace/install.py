"""Patching: what makes a finished trace reachable, and undoes it.

A root trace replaces the bytecode it starts at (FORL by JFORL, and so on).  Nothing else writes to bytecode,
except the blacklisting of loops and the temporary patches of the recorder.

    uninstall(install(x)) leaves the bytecode as it was
"""

from __future__ import annotations

from ir.trace import Trace
from jitvm.front.bytecode import BC, ins_ad
from jitvm.front.proto import ProtoFlag
from jitvm.record.calls import is_return
from jitvm.record.loops import jump_of
from jitvm.record.view import View

PLAIN_HEADS = (BC.FORL, BC.LOOP, BC.ITERL, BC.FUNCF)


def set_op(view: View, pc: int, op: int) -> None:
    view.read.set_u32(pc, view.ins(pc) & ~0xFF | op)


def set_jit_op(view: View, pc: int, number: int) -> None:
    """The form of a loop bytecode or function header that enters a trace."""
    ins = view.ins(pc)
    view.read.set_u32(pc, ins_ad((ins & 0xFF) + 2, ins >> 8 & 0xFF, number))


def install_root(view: View, trace: Trace) -> None:
    """Let the interpreter enter the trace where it starts."""
    pc, start = trace.startpc, trace.startins
    op = start & 0xFF
    if op in PLAIN_HEADS:
        if op == BC.FORL:
            set_op(view, pc + 4 * jump_of(start), BC.JFORI)
        set_jit_op(view, pc, trace.number)
    else:
        assert op == BC.ITERN or is_return(start), f"no root trace starts at bytecode {op}"
        view.read.set_u32(pc, ins_ad(BC.JLOOP, trace.snaps[0].nslots, trace.number))


def uninstall_root(view: View, trace: Trace) -> None:
    """Put the bytecode back; it may have been put back already."""
    pc, start = trace.startpc, trace.startins
    op = view.ins(pc) & 0xFF
    if op == BC.JFORL:
        fori = pc + 4 * jump_of(start)
        assert view.ins(fori) & 0xFF == BC.JFORI, "FORL does not belong to a JFORI"
        view.read.set_u32(pc, start)
        set_op(view, fori, BC.FORI)
    elif op in (BC.JITERL, BC.JLOOP, BC.JFUNCF):
        view.read.set_u32(pc, start)
    elif op == BC.JMP and start & 0xFF == BC.ITERL:
        # The loop lost its specialisation to `next` meanwhile; its ITERL is where the jump leads.
        pc += 4 * (jump_of(view.ins(pc)) + 2)
        if view.ins(pc) & 0xFF == BC.JITERL:
            view.read.set_u32(pc, start)


def blacklist(view: View, proto: int, pc: int) -> None:
    """Never record from this bytecode again."""
    op = view.ins(pc) & 0xFF
    if op == BC.ITERN:
        set_op(view, pc, BC.ITERC)
        set_op(view, pc + 4 * (1 + jump_of(view.ins(pc + 4))), BC.JMP)
    else:
        set_op(view, pc, op + 1)
        view.set_proto_flags(proto, view.proto_flags(proto) | ProtoFlag.ILOOP)


for _head in PLAIN_HEADS:
    _interpreted, _compiled = list(BC)[_head + 1 : _head + 3]
    assert _interpreted.name == "I" + _head.name and _compiled.name == "J" + _head.name
