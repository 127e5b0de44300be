"""Bytecode as text, in the format of `luajit -bl`.

    -- BYTECODE -- demo.lua:0-3
    0001    KSHORT   0   1
    0002    JMP      1 => 0004
    0003    GGET     1   0      ; "print"
    0004 => RET0     0   1

Children come before their parent, in constant order; each function ends with an empty line.  The text is
built from bytes, because names and strings may be in any encoding; as `str` it carries undecodable bytes as
surrogate escapes, so that encoding it again with the same handler restores them.
"""

from __future__ import annotations

from jitvm.front.bytecode import BC, OPCODES, Mode, a_of, b_of, c_of, d_of, jump_of
from jitvm.front.chunkid import location
from jitvm.front.numtext import number_text
from jitvm.front.proto import Prototype

STRING_MAX = 40
TSETM_BIAS = 2.0 ** 52   # TSETM's constant carries its array index in the mantissa
CONTROL_NAMES = {10: b"\\n", 13: b"\\r", 9: b"\\t"}
CONTROLS = {byte: CONTROL_NAMES.get(byte, b"\\%03d" % byte) for byte in (*range(32), 127)}


def list_prototype(proto: Prototype) -> str:
    """The listing of a function and, before it, of the functions it creates."""
    return list_bytes(proto).decode("utf-8", "surrogateescape")


def list_bytes(proto: Prototype) -> bytes:
    out: list[bytes] = []
    pending: list[tuple[Prototype, list[Prototype]]] = [(proto, proto.children)]
    while pending:
        parent, children = pending[-1]
        if children:
            child = children.pop(0)
            pending.append((child, child.children))
        else:
            out.append(_function(parent))
            pending.pop()
    return b"".join(out)


def branch_targets(proto: Prototype) -> set[int]:
    """The positions that some instruction of the function jumps to."""
    code = proto.bytecode
    return {pc + 1 + jump_of(ins) for pc, ins in enumerate(code) if OPCODES[ins & 0xFF].mode_cd is Mode.JUMP}


def list_instruction(proto: Prototype, pc: int, prefix: bytes) -> bytes:
    """One line; `prefix` is two characters wide."""
    ins = proto.bytecode[pc]
    op = OPCODES[ins & 0xFF]
    a = b"" if op.mode_a is Mode.NONE else b"%d" % a_of(ins)
    head = b"%04d %s %-6s %3s " % (pc, prefix, op.name.encode(), a)
    if op.mode_cd is Mode.JUMP:
        return b"%s=> %04d\n" % (head, pc + 1 + jump_of(ins))
    if op.has_d and op.mode_cd is Mode.NONE:
        return head + b"\n"
    operand = d_of(ins) if op.has_d else c_of(ins)
    comment = _comment(proto, op, a_of(ins), operand)
    if not op.has_d:
        text = b"%s%3d %3d" % (head, b_of(ins), operand)
        return text + (b"  ; " + comment + b"\n" if comment is not None else b"\n")
    if comment is not None:
        return b"%s%3d      ; %s\n" % (head, operand, comment)
    if op.mode_cd is Mode.LITS and operand > 0x7FFF:
        operand -= 0x10000
    return b"%s%3d\n" % (head, operand)


def _function(proto: Prototype) -> bytes:
    targets = branch_targets(proto)
    lines = [b"-- BYTECODE -- %s-%d\n" % (location(proto.chunkname, proto.firstline), proto.lastline)]
    for pc in range(1, len(proto.bytecode)):
        lines.append(list_instruction(proto, pc, b"=>" if pc in targets else b"  "))
    lines.append(b"\n")
    return b"".join(lines)


def _comment(proto: Prototype, op: BC, a: int, operand: int) -> bytes | None:
    """What stands behind the semicolon: the constant, or the name of the upvalue."""
    constant = _constant(proto, op, operand)
    if op.mode_a is not Mode.UV:
        return constant
    name = proto.uvnames[a]
    return name if constant is None else name + b" ; " + constant


def _constant(proto: Prototype, op: BC, operand: int) -> bytes | None:
    if op.mode_cd is Mode.STR:
        text = proto.kgc[operand]
        assert isinstance(text, bytes), text
        return _quoted(text)
    if op.mode_cd is Mode.NUM:
        number = proto.knum[operand]
        return number_text(number - TSETM_BIAS if op is BC.TSETM else number)
    if op.mode_cd is Mode.FUNC:
        child = proto.kgc[operand]
        assert isinstance(child, Prototype), child
        return location(child.chunkname, child.firstline)
    if op.mode_cd is Mode.UV:
        return proto.uvnames[operand]
    return None


def _quoted(text: bytes) -> bytes:
    shown = b"".join(CONTROLS.get(byte) or bytes((byte,)) for byte in text)
    if len(text) > STRING_MAX:
        return b'"' + shown[:STRING_MAX] + b'"~'
    return b'"' + shown + b'"'
