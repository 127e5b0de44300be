"""Contents of traces without what differs from run to run: numbers of instructions, addresses, nodes.

    normal_ir(trace)        ["num ADD %1 +1", ...]      instructions are numbered as they are shown
    snapshot_shapes(trace)  what each snapshot has in which slot, values left out

Addresses become `{1}`, `{2}` in the order in which a trace mentions them.
"""

from __future__ import annotations

import re

from jitvm.model.objects import Call, Constant, Instruction, Literal, Operand, Ref, SnapshotSlot, Trace

#: Not in every listing.
HIDDEN = frozenset(("NOP", "CARG", "RENAME"))
#: Bytecodes that the trace compiler patches: J for one with a trace, I for one that is blacklisted.
_PATCHED = {
    f"{prefix}{op}": op for op in ("FORL", "ITERL", "LOOP", "FUNCF", "FUNCV") for prefix in ("", "I", "J")
}
_ADDRESS = re.compile(r"0x[0-9a-f]+")
_LINK = re.compile(r"[+-]0x[0-9a-f.]+p[+-]\d+$|contpc$|ftsz$")


class Numbers:
    """Instructions and addresses by the order in which they appear."""

    def __init__(self, trace: Trace) -> None:
        shown = [ins.number for ins in trace.ir or () if ins.op not in HIDDEN]
        self.refs = {number: at for at, number in enumerate(shown, 1)}
        self.addresses: dict[str, int] = {}

    def address(self, match: re.Match[str]) -> str:
        return f"{{{self.addresses.setdefault(match[0], len(self.addresses) + 1)}}}"

    def constant(self, constant: Constant) -> str:
        """Function links differ between VMs, addresses between runs."""
        text = constant.text
        if _LINK.match(text):
            return "link"
        if text.startswith('"'):
            return text
        if text.startswith("trace: "):
            return "trace"
        return _ADDRESS.sub(self.address, text)

    def operand(self, operand: Operand) -> str:
        match operand:
            case Ref(number=number):
                return f"%{self.refs.get(number, number)}"
            case Literal(text=text):
                return text.strip()
            case Constant():
                return self.constant(operand)
            case Call():
                arguments = ", ".join([self.operand(argument) for argument in operand.arguments])
                return f"{operand.function}({arguments})"


def normal_ir(trace: Trace) -> list[str]:
    """One text for each instruction that every listing shows, then one for each snapshot."""
    numbers = Numbers(trace)
    lines = [_instruction(numbers, ins) for ins in trace.ir or () if ins.op not in HIDDEN]
    for snap in trace.snapshots or ():
        slots = [
            f"{slot}={numbers.operand(entry.value)}"
            for slot, entry in enumerate(snap.slots)
            if entry is not None and entry.value is not None
        ]
        lines.append(f"snapshot {snap.number}: {' '.join(slots)}")
    return lines


def _instruction(numbers: Numbers, ins: Instruction) -> str:
    guard = "}" if ins.sunk else (">" if ins.guard and ins.op != "LOOP" else "")
    operands = [numbers.operand(operand) for operand in ins.operands]
    return " ".join([*([guard] if guard else []), ins.type, ins.op, *operands])


def snapshot_shapes(trace: Trace) -> list[str]:
    """Of each snapshot: its slots, with types and frames but without values."""
    return [" ".join([_shape(slot) for slot in snap.slots]) for snap in trace.snapshots or ()]


def _shape(slot: SnapshotSlot | None) -> str:
    if slot is None:
        return "-"
    frame = "|" if slot.frame else ""
    if slot.value is None:
        return f"unused{frame}"
    if isinstance(slot.value, Constant):
        return f"constant{frame}"
    return f"{slot.type or 'value'}{frame}"


def bytecode_path(trace: Trace) -> list[str]:
    """The bytecodes that were recorded; whether a loop or function had a trace by then is left out."""
    lines = []
    for code in trace.bytecode or ():
        words = [str(code.depth), f"{code.pc:04d}", _PATCHED.get(code.op, code.op)]
        if code.a is not None:
            words.append(str(code.a))
        if code.op not in _PATCHED:
            words += map(str, code.operands)
            words += [f"=> {code.target:04d}"] if code.target is not None else []
        lines.append(" ".join(words))
    return lines


def registers(trace: Trace) -> list[str]:
    """Where the value of each instruction is; a sunk one names its allocation by a number."""
    numbers = Numbers(trace)
    lines = []
    for ins in trace.ir or ():
        if ins.op in HIDDEN:
            continue
        text = ins.register or ""
        if text.startswith(" {") and text[2:].isdigit():
            text = f" {{%{numbers.refs.get(int(text[2:]), 0)}"
        lines.append(f"{ins.op} {text}")
    return lines


def machine_code(trace: Trace) -> list[str]:
    """Instructions without addresses."""
    if trace.code is None:
        return []
    addresses: dict[str, int] = {}

    def named(match: re.Match[str]) -> str:
        return f"{{{addresses.setdefault(match[0], len(addresses) + 1)}}}"

    lines = []
    for at, ins in enumerate(trace.code.instructions):
        if at == trace.code.loop:
            lines.append("LOOP:")
        if ins.target is not None:
            mnemonic = ins.text.split(" ")[0]
            target = "trace" if ins.target.startswith("TRACE") else ins.target
            lines.append(f"{mnemonic} ->{target}")
        else:
            lines.append(re.sub(r"0x[0-9a-f]{5,}|r14[+-]0x[0-9a-f]+", named, ins.text))
    return lines
