"""The text form of native functions; `ir/parser.py` reads it back.

    function inc native int  ; jitvm/runtime/x.py:12
    block0(0001 int)
    0002 int ADD   0001 +1
    0003 nil RET   0002

One line per instruction: number, type, opcode, operands.  Constants stand where they are used, with their
type unless it is int: `+1`, `u64:+7`, `num:0x1.8p+0`, `p64:+0`.  Literals are `#4`, callees `@name`, edges
`->block3(0001)`.
"""

from __future__ import annotations

from ir.ops import Op
from ir.types import IRType
from ir.values import Block, Edge, Function, Ins, Operand


def print_function(function: Function) -> str:
    result = "none" if function.result is None else _type(function.result)
    source = f"  ; {function.source}" if function.source else ""
    lines = [f"function {function.name} {function.convention.value} {result}{source}"]
    for block in function.blocks:
        lines.append(_block_line(block))
        lines += [_instruction(ins) for ins in block.body]
    return "\n".join(lines) + "\n"


def _block_line(block: Block) -> str:
    params = ", ".join(f"{p.ref:04d} {_type(p.type)}" for p in block.params)
    return f"block{block.index}{f'({params})' if params else ''}{' cold' if block.cold else ''}"


def _instruction(ins: Ins) -> str:
    shown = [f"{ins.ref:04d}", _type(ins.type).ljust(3), ins.op.name.ljust(6)]
    return " ".join(shown + [_operand(arg) for arg in ins.args]).rstrip()


def _operand(arg: Operand) -> str:
    match arg:
        case Ins() if arg.is_const:
            return _constant(arg)
        case Ins():
            return f"{arg.ref:04d}"
        case Edge():
            passed = " ".join(_operand(a) for a in arg.args)
            return f"->block{arg.block.index}{f'({passed})' if passed else ''}"
        case int():
            return f"#{int(arg)}"
        case _:
            return f"@{arg}"


def _constant(ins: Ins) -> str:
    if ins.op is Op.KNUM:
        return f"num:{float(ins.value).hex()}"
    prefix = "" if ins.type is IRType.INT else f"{_type(ins.type)}:"
    return f"{prefix}{ins.value:+d}"


def _type(type_: IRType) -> str:
    return type_.name3.strip()
