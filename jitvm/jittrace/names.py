"""How traces, exits and reasons are called in what the commands write."""

from __future__ import annotations

from ir.abort import TraceError
from jitvm.model.forest import Forest
from jitvm.model.objects import Call, Constant, Instruction, Link, Literal, Operand, Ref, Trace
from jitvm.report.reasons import reason_text


def trace_name(trace: Trace) -> str:
    return f"{trace.number if trace.number is not None else '---'} {trace.start or '(?)'}"


def link_name(link: Link | None, number: int | None) -> str:
    if link is None:
        return "unfinished"
    if link.target in (0, number):
        return link.type
    return f"-> {link.target}" if link.type == "root" else f"-> {link.target} {link.type}"


def reason_class(reason: str) -> str:
    """The reason without what is special about this time."""
    for error in TraceError:
        head = error.text.split("%")[0]
        if reason.startswith(head) and "%" in error.text:
            return reason_text(reason) if error is TraceError.NYIBC else reason
    return reason


def operand_name(operand: Operand) -> str:
    match operand:
        case Ref(number=number):
            return f"{number:04d}"
        case Literal(text=text) | Constant(text=text):
            return text
        case Call(function=function):
            return function


def instruction_name(ins: Instruction) -> str:
    """`num LT 0012 +4`"""
    return " ".join([ins.type, ins.op, *[operand_name(operand) for operand in ins.operands]])


def guard_name(forest: Forest, index: int, exit_: int | None) -> str:
    """The first guard of an exit; empty if it is not known."""
    ir = forest.log.traces[index].ir
    if exit_ is None or ir is None:
        return ""
    found = forest.exit(index, exit_)
    if found is None or not found.guards:
        return ""
    return next((f"{ins.type} {ins.op}" for ins in ir if ins.number == found.guards[0]), "")
