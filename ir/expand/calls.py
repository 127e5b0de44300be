"""Rules for calls, strings and buffers.

CALLN, CALLA, CALLL and CALLS name a row of `ir/calls.py`.  A row's native function
(`jitvm/runtime/tracecalls.py`) takes the VM as its first argument; one from outside the image is called
through its VM field.
"""

from __future__ import annotations

from ir.calls import BUFFER_PUTS, CALLS, CallFlag
from ir.expand.arith import extern
from ir.expand.boxing import store_slot, to_number
from ir.expand.core import EXPAND, Expander, machine_type
from ir.ops import CONV_DST_SHIFT, Op
from ir.types import IRType
from ir.values import Ins

_TOSTR_CHAR = 2
_BUFHDR_RESET, _BUFHDR_WRITE = 0, 2


def arguments(ref: Ins) -> list[Ins]:
    """The operands chained by CARG, first to last."""
    found: list[Ins] = []
    while ref.op is Op.CARG:
        found.append(ref.args[1])
        ref = ref.args[0]
    found.append(ref)
    return [arg for arg in reversed(found) if arg.op is not Op.KPRI]


@EXPAND(Op.CARG)
def argument(x: Expander, ins: Ins) -> None:
    """Collected by the call."""


@EXPAND(Op.CALLN, Op.CALLA, Op.CALLL, Op.CALLS)
def call(x: Expander, ins: Ins) -> Ins:
    info = CALLS[ins.args[1]]
    values = [widened(x, arg, type_) for arg, type_ in zip(arguments(ins.args[0]), info.args)]
    type_ = machine_type(info.result)
    if info.flags & CallFlag.EXTERN:
        return extern(x, info.symbol, type_, *values)
    if info.op is Op.CALLL and info.number in BUFFER_PUTS and values[0] is not x.g:
        return put_elsewhere(x, info.symbol, values)
    result = x.call(f"trace_{info.symbol}", type_, x.g, *values)
    if ins.guard and info.flags & CallFlag.THROW:
        x.guard(Op.NE, type_, result, x.b.kint(0, type_))
    return values[0] if info.number in BUFFER_PUTS else result  # The buffer itself, which BUFPUT knows.


def not_null(x: Expander, pointer: Ins) -> None:
    x.guard(Op.NE, IRType.P64, pointer, x.b.kint(0, IRType.P64))


def put_elsewhere(x: Expander, symbol: str, values: list[Ins]) -> Ins:
    """What a call puts behind the contents of the VM's buffer is moved to a buffer of the program's."""
    buffer = values[0]
    start = x.global_load("buf_length", IRType.U64)
    not_null(x, x.call(f"trace_{symbol}", IRType.P64, x.g, x.g, *values[1:]))
    not_null(x, x.call("trace_sbuf_take", IRType.P64, x.g, buffer, start))
    return buffer


def widened(x: Expander, ref: Ins, wanted: IRType) -> Ins:
    """An argument.  Fold drops the sign extension of integers that are not negative."""
    value = x.value(ref)
    if wanted is IRType.U64 and value.type.size == 4:
        return x.b.emit(Op.CONV, IRType.U64, value, IRType.U64 << CONV_DST_SHIFT | IRType.U32)
    return value


@EXPAND(Op.HIOP)
def second_result(x: Expander, ins: Ins) -> Ins:
    """Of a traversal step: the index to go on with."""
    return x.global_load("next_index", IRType.INT)


@EXPAND(Op.TOSTR)
def to_string(x: Expander, ins: Ins) -> Ins:
    value, mode = ins.args
    if mode == _TOSTR_CHAR:
        return x.call("trace_str_char", IRType.P64, x.g, x.value(value))
    address = x.global_address("tmptv")
    store_slot(x, address, 0, value)
    return x.call("trace_num_tostr", IRType.P64, x.g, address)


@EXPAND(Op.STRTO)
def parsed_number(x: Expander, ins: Ins) -> Ins:
    """The number a string stands for; leaves the trace if it does not."""
    address = x.global_address("tmptv")
    ok = x.call("trace_str_tonum", IRType.INT, x.g, x.value(ins.args[0]), address)
    x.guard(Op.NE, IRType.INT, ok, x.b.kint(0))
    return x.load(IRType.NUM, address)


@EXPAND(Op.BUFHDR)
def buffer_start(x: Expander, ins: Ins) -> Ins:
    """Reset the VM's string buffer or go on with it, where the value only chains the operations.

    Or write to a buffer of the program's: the value is its address."""
    if ins.args[1] == _BUFHDR_WRITE:
        return x.value(ins.args[0])
    if ins.args[1] == _BUFHDR_RESET:
        x.call("trace_buf_reset", IRType.INT, x.g)
    return x.g


@EXPAND(Op.BUFPUT)
def buffer_put(x: Expander, ins: Ins) -> Ins:
    buffer, string = x.value(ins.args[0]), ins.args[1]
    what, values = put_of(x, string) if string in x.unmade else ("str", [x.value(string)])
    if buffer is x.g:
        x.call(f"trace_buf_put{what}", IRType.INT, x.g, *values)
    else:
        not_null(x, x.call(f"trace_sbuf_put{what}", IRType.P64, x.g, buffer, *values))
    return buffer


def put_of(x: Expander, string: Ins) -> tuple[str, list[Ins]]:
    """Which native puts what the string would be made of, and that."""
    value = x.value(string.args[0])
    if string.op is Op.SNEW:
        return "bytes", [value, x.value(string.args[1])]
    if string.args[1] == _TOSTR_CHAR:
        return "char", [value]
    return "num", [value if value.type is IRType.NUM else to_number(x, value)]


@EXPAND(Op.BUFSTR)
def buffer_string(x: Expander, ins: Ins) -> Ins:
    return x.call("trace_buf_tostr", IRType.P64, x.g)
