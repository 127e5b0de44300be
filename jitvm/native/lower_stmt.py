"""Lowering of statements."""

from __future__ import annotations

from ir.ops import Op
from ir.types import IRType
from ir.values import Ins
from jitvm.native import tree
from jitvm.native.flow import Loop
from jitvm.native.lower import PLAIN_OFFSET, STATE_NAMES, STATEMENTS, Lowering, assigned, lowers
from jitvm.native.lower_expr import COMPARE, SIGNED, UNSIGNED, element, offset
from jitvm.native.types import NEXT, ir_type


@lowers(STATEMENTS, tree.Assign)
def lower_assign(low: Lowering, node: tree.Assign) -> None:
    low.write(node.name, low.value(node.value))


@lowers(STATEMENTS, tree.StoreField)
def lower_store_field(low: Lowering, node: tree.StoreField) -> None:
    value = low.value(node.value)
    low.build.store(ir_type(node.memory), offset(low, low.value(node.pointer), node.offset), value)


@lowers(STATEMENTS, tree.StoreElement)
def lower_store_element(low: Lowering, node: tree.StoreElement) -> None:
    value = low.value(node.value)
    low.build.store(ir_type(node.memory), element(low, node.pointer, node.index), value)


@lowers(STATEMENTS, tree.Evaluate)
def lower_evaluate(low: Lowering, node: tree.Evaluate) -> None:
    low.value(node.value)


@lowers(STATEMENTS, tree.If)
def lower_if(low: Lowering, node: tree.If) -> None:
    flow, start, cold = low.flow, low.flow.here, low.build.cold
    then, orelse, end = flow.join(), flow.join(), flow.join()
    low.condition(node.condition, then, orelse)
    for join, body in ((then, node.then), (orelse, node.orelse)):
        flow.place(join, start)
        if flow.reachable:
            low.body(body)
        if flow.reachable:
            flow.jump(end)
    low.build.cold = cold
    flow.place(end, start)


@lowers(STATEMENTS, tree.While)
def lower_while(low: Lowering, node: tree.While) -> None:
    flow = low.flow
    names = changing(low, node.body)
    header = flow.loop_header(names)
    body, loop = flow.join(), Loop(flow.join(), flow.join())
    low.condition(node.condition, body, loop.leave)
    flow.place(body, header)
    _loop_body(low, loop, node.body)
    flow.place(loop.again, header)
    if flow.reachable:
        flow.jump_back(header, names)
    low.build.cold = header.cold
    flow.place(loop.leave, header)


def changing(low: Lowering, body: list[tree.Stmt], *others: str) -> list[str]:
    """Variables with a value now that the loop gives new ones, in a fixed order."""
    names = {low.variable(name) for name in assigned(body) | set(others)}
    return [name for name in low.flow.env if name in names]


def _loop_body(low: Lowering, loop: Loop, body: list[tree.Stmt]) -> None:
    if not low.flow.reachable:
        return
    low.frame.loops.append(loop)
    low.body(body)
    low.frame.loops.pop()
    if low.flow.reachable:
        low.flow.jump(loop.again)


@lowers(STATEMENTS, tree.For)
def lower_for(low: Lowering, node: tree.For) -> None:
    """As in Python: assigning the variable in the body does not change the count."""
    flow, build, type_ = low.flow, low.build, ir_type(node.type)
    low_value = low.value(node.low)
    limit, counter = low.value(node.high), low.temporary()
    flow.env[counter] = low_value
    names = [*changing(low, node.body, node.name), counter]
    header = flow.loop_header(names)
    body, loop = flow.join(), Loop(flow.join(), flow.join())
    op = COMPARE["<" if node.step > 0 else ">"]
    op = op if node.type in SIGNED else UNSIGNED[op]
    flow.branch(op, type_, flow.env[counter], limit, body, loop.leave)
    flow.place(body, header)
    if flow.reachable:
        low.write(node.name, flow.env[counter])
    _loop_body(low, loop, node.body)
    flow.place(loop.again, header)
    if flow.reachable:
        step = build.kint(node.step, type_)
        flow.env[counter] = build.emit(Op.ADD, type_, flow.env[counter], step)
        flow.jump_back(header, names)
    low.build.cold = header.cold
    flow.place(loop.leave, header)
    flow.env.pop(counter, None)


@lowers(STATEMENTS, tree.Break)
def lower_break(low: Lowering, node: tree.Break) -> None:
    low.flow.jump(low.frame.loops[-1].leave)


@lowers(STATEMENTS, tree.Continue)
def lower_continue(low: Lowering, node: tree.Continue) -> None:
    low.flow.jump(low.frame.loops[-1].again)


@lowers(STATEMENTS, tree.Return)
def lower_return(low: Lowering, node: tree.Return) -> None:
    if low.frame.tree.result is NEXT:
        assert node.value is not None
        _leave(low, node.value)
        return
    value = None if node.value is None else low.value(node.value)
    frame = low.frame
    if frame.leave is None:
        low.build.ret(value)
        return
    if value is not None:
        low.flow.env[frame.result] = value
    low.flow.jump(frame.leave)


def _leave(low: Lowering, node: tree.Expr) -> None:
    """The end of a handler, or an inline function that is one."""
    if not isinstance(node, tree.Leave):
        assert isinstance(node, tree.Call), node
        low.value(node)
        return
    args = [low.value(arg) for arg in node.args]
    state = [low.read(name, node.line) for name in STATE_NAMES]
    match node.kind:
        case "next" | "dispatch":
            low.build.end(Op.NEXT, *state, *args)
        case "plain":
            _plain(low, args[0], state)
        case "tail":
            assert node.target is not None
            low.build.end(Op.TAIL, node.target.symbol, *state, *args)
        case "tail_ptr":
            low.build.end(Op.TAILPTR, args[0], *state, *args[1:])


def _plain(low: Lowering, word: Ins, state: list[Ins]) -> None:
    """Decodes by hand, because NEXT goes through the other table."""
    build, byte = low.build, low.build.kint(255, IRType.U32)
    op = build.emit(Op.BAND, IRType.U32, word, byte)
    index = build.emit(Op.BSHL, IRType.I64, build.convert(IRType.U64, op, IRType.U32), build.kint(3))
    row = build.emit(Op.ADD, IRType.P64, build.emit(Op.ADD, IRType.P64, state[3], index), _bytes(low))
    target = build.load(IRType.U64, row)
    a = build.emit(Op.BAND, IRType.U32, build.emit(Op.BSHR, IRType.U32, word, build.kint(8)), byte)
    d = build.emit(Op.BSHR, IRType.U32, word, build.kint(16))
    wide = [build.convert(IRType.U64, part, IRType.U32) for part in (a, d)]
    build.end(Op.TAILPTR, target, *state, *wide)


def _bytes(low: Lowering) -> Ins:
    return low.build.kint(PLAIN_OFFSET, IRType.I64)
