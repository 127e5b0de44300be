"""Dead code elimination: instructions that nothing needs become NOPs.

One walk from the end: marked are the operands of what stays.  An instruction stays if something later reads
it, a snapshot holds it, it has a side effect, or it is a guard, unless its opcode says that the guard only
protects its own result (kind `W`).
"""

from __future__ import annotations

from ir.builder import TraceBuilder
from ir.ops import Op
from ir.passes.flags import OptFlag
from ir.values import Ins


def has_side_effect(ins: Ins) -> bool:
    """Must it stay although nothing reads it?"""
    kind = ins.op.kind
    return "S" in kind or (ins.guard and "W" not in kind)


def dce(b: TraceBuilder) -> None:
    """Remove what is dead before the loop pass; the backend emits nothing dead anyway."""
    if not b.flags & OptFlag.DCE:
        return
    body = b.trace.ins
    used = bytearray(len(body))
    for snap in b.trace.snaps:
        for entry in snap.entries:
            if entry.ref.ref > 0:
                used[entry.ref.ref] = 1
    dead: list[Ins] = []
    for ins in reversed(body[1:]):
        if used[ins.ref] or has_side_effect(ins):
            for arg in ins.args:
                if arg.__class__ is Ins and arg.ref > 0:
                    used[arg.ref] = 1
        elif ins.op is not Op.NOP:
            dead.append(ins)
    b.remove_all(dead)
    b.backprop.clear()
