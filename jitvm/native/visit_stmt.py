"""Statements of native Python: syntax to typed tree."""

from __future__ import annotations

import ast

from ir.layout import i32
from jitvm.native.scope import STATEMENTS, Scope, visit_body, visit_expression, visits
from jitvm.native.tree import (
    Assign,
    Break,
    Call,
    CallPointer,
    Const,
    Continue,
    Element,
    Evaluate,
    Expr,
    For,
    If,
    Leave,
    Load,
    Local,
    Return,
    Stmt,
    StoreElement,
    StoreField,
    While,
)
from jitvm.native.types import (
    BOOL,
    INTERP,
    LITERAL,
    NEXT,
    NULL,
    VOID,
    Type,
    is_inline,
    is_int,
    name_of,
    value_type,
)
from jitvm.native.visit_expr import STATE, binary, condition, element_of, field_of, truth


@visits(STATEMENTS, ast.Pass)
def visit_Pass(scope: Scope, node: ast.Pass) -> list[Stmt]:
    return []


@visits(STATEMENTS, ast.Expr)
def visit_Expr(scope: Scope, node: ast.Expr) -> list[Stmt]:
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return []  # A docstring.
    value = visit_expression(scope, node.value)
    if isinstance(value, Leave) or value.type is NEXT:
        scope.fail(node, "the end of a handler is returned")
    if not isinstance(value, (Call, CallPointer)):
        scope.fail(node, "this expression has no effect")
    return [Evaluate(node.lineno, value)]


@visits(STATEMENTS, ast.Assign)
def visit_Assign(scope: Scope, node: ast.Assign) -> list[Stmt]:
    if isinstance(node.value, ast.Tuple):
        return _assign_tuple(scope, node, node.value)
    value = visit_expression(scope, node.value)
    if value.type is VOID:
        scope.fail(node, "this call gives no value")
    if _names_literal(scope, node, value):
        return []
    if len(node.targets) == 1 or isinstance(value, Const):
        return [_store(scope, target, value) for target in node.targets]
    name = scope.temporary()
    stores: list[Stmt] = [Assign(node.lineno, name, value)]
    held = Local(value.type, node.lineno, name)
    return stores + [_store(scope, target, held) for target in node.targets]


def _names_literal(scope: Scope, node: ast.Assign, value: Expr) -> bool:
    """A variable assigned once, a literal, is that literal wherever it is used."""
    target = node.targets[0]
    if not isinstance(target, ast.Name) or not isinstance(value, Const) or value.type is not LITERAL:
        return False
    if len(node.targets) > 1 or scope.stores[target.id] != 1 or target.id in scope.locals:
        return False
    scope.constants[target.id] = value
    return True


def _assign_tuple(scope: Scope, node: ast.Assign, values: ast.Tuple) -> list[Stmt]:
    """`a, b = x, y`: every value is computed before anything is assigned."""
    target = node.targets[0]
    if len(node.targets) != 1 or not isinstance(target, ast.Tuple) or len(target.elts) != len(values.elts):
        scope.fail(node, "as many variables as values are assigned at once")
    before: list[Stmt] = []
    held = [_held(scope, before, visit_expression(scope, value)) for value in values.elts]
    return before + [_store(scope, to, value) for to, value in zip(target.elts, held)]


def _held(scope: Scope, before: list[Stmt], value: Expr) -> Expr:
    """A value computed now and used later."""
    if isinstance(value, Const):
        return value
    name = scope.temporary()
    before.append(Assign(value.line, name, value))
    return Local(value.type, value.line, name)


@visits(STATEMENTS, ast.AnnAssign)
def visit_AnnAssign(scope: Scope, node: ast.AnnAssign) -> list[Stmt]:
    type_ = scope.annotation(node.annotation)
    if not isinstance(node.target, ast.Name) or type_ in (VOID, NEXT, INTERP):
        scope.fail(node, "only variables are given types")
    scope.declare(node, node.target.id, type_)
    if node.value is None:
        return []
    return [Assign(node.lineno, node.target.id, _as(scope, visit_expression(scope, node.value), type_))]


def _as(scope: Scope, value: Expr, type_: Type) -> Expr:
    return truth(scope, value) if type_ is BOOL else scope.coerce(value, type_)


def _store(scope: Scope, target: ast.expr, value: Expr) -> Stmt:
    match target:
        case ast.Name():
            return _store_name(scope, target, value)
        case ast.Attribute():
            return _store_attribute(scope, target, value)
        case ast.Subscript():
            pointer, index = element_of(scope, target)
            return _store_element(scope, target, pointer, index, value)
        case _:
            raise scope.error(target, f"cannot assign to {type(target).__name__}")


def _store_name(scope: Scope, target: ast.Name, value: Expr) -> Stmt:
    known = scope.locals.get(target.id)
    if known is None and value.type in (LITERAL, NULL):
        scope.fail(target, f"{target.id} needs a type, as in {target.id}: u32 = ...")
    if value.type is NEXT or value.type is INTERP or known is INTERP:
        scope.fail(target, f"{name_of(value.type)} is not stored in a variable")
    if known is not None:
        value = _as(scope, value, known)
    scope.declare(target, target.id, value.type)
    return Assign(target.lineno, scope.variable(target.id), value)


def _store_attribute(scope: Scope, target: ast.Attribute, value: Expr) -> Stmt:
    owner = visit_expression(scope, target.value)
    if owner.type is INTERP:
        if target.attr not in STATE or target.attr == "g":
            scope.fail(target, f"vm.{target.attr} is not assigned")
        return Assign(target.lineno, f"vm.{target.attr}", scope.coerce(value, STATE[target.attr]))
    return _store_field(scope, target, owner, value)


def _store_field(scope: Scope, target: ast.Attribute, owner: Expr, value: Expr) -> Stmt:
    offset, memory = field_of(scope, target, owner)
    if is_inline(memory):
        scope.fail(target, f"{target.attr} is stored field by field")
    value = _stored(scope, value, memory)
    return StoreField(target.lineno, memory, owner, target.attr, offset, value)


def _store_element(scope: Scope, target: ast.AST, pointer: Expr, index: Expr, value: Expr) -> Stmt:
    memory = pointer.type.target
    if is_inline(memory):
        scope.fail(target, f"{name_of(memory)} is stored field by field")
    return StoreElement(index.line, memory, pointer, index, _stored(scope, value, memory))


def _stored(scope: Scope, value: Expr, memory: Type) -> Expr:
    """A value for memory: narrow memory takes the low bits of a 32-bit integer of either sign."""
    type_ = value_type(memory)
    narrow = type_ is not memory and is_int(type_) and is_int(value.type) and value.type.size == 4
    return value if narrow else scope.coerce(value, type_)


@visits(STATEMENTS, ast.AugAssign)
def visit_AugAssign(scope: Scope, node: ast.AugAssign) -> list[Stmt]:
    match node.target:
        case ast.Name():
            held = visit_expression(scope, ast.copy_location(ast.Name(node.target.id, ast.Load()), node))
            value = binary(scope, node, node.op, held, visit_expression(scope, node.value))
            return [_store_name(scope, node.target, value)]
        case ast.Attribute():
            return _augment_field(scope, node, node.target)
        case ast.Subscript():
            pointer, index = element_of(scope, node.target)
            before: list[Stmt] = []
            pointer, index = _once(scope, before, pointer), _once(scope, before, index)
            memory = pointer.type.target
            held = Element(value_type(memory), node.lineno, memory, pointer, index)
            value = binary(scope, node, node.op, held, visit_expression(scope, node.value))
            return [*before, _store_element(scope, node, pointer, index, value)]


def _augment_field(scope: Scope, node: ast.AugAssign, target: ast.Attribute) -> list[Stmt]:
    owner = visit_expression(scope, target.value)
    if owner.type is INTERP:
        held: Expr = visit_expression(scope, target)
        return [_store_attribute(scope, target, binary(scope, node, node.op, held, _value(scope, node)))]
    before: list[Stmt] = []
    owner = _once(scope, before, owner)
    offset, memory = field_of(scope, target, owner)
    held = Load(value_type(memory), node.lineno, memory, owner, target.attr, offset)
    value = binary(scope, node, node.op, held, _value(scope, node))
    return [*before, _store_field(scope, target, owner, value)]


def _value(scope: Scope, node: ast.AugAssign) -> Expr:
    return visit_expression(scope, node.value)


def _once(scope: Scope, before: list[Stmt], expr: Expr) -> Expr:
    """An expression that may be read twice but is evaluated once."""
    if isinstance(expr, (Local, Const)):
        return expr
    return _held(scope, before, expr)


@visits(STATEMENTS, ast.If)
def visit_If(scope: Scope, node: ast.If) -> list[Stmt]:
    test = condition(scope, node.test)
    if isinstance(test, Const):  # The other branch need not even make sense for these constants.
        return visit_body(scope, node.body if test.value else node.orelse)
    return [If(node.lineno, test, visit_body(scope, node.body), visit_body(scope, node.orelse))]


@visits(STATEMENTS, ast.While)
def visit_While(scope: Scope, node: ast.While) -> list[Stmt]:
    if node.orelse:
        scope.fail(node, "else of a loop is not part of native Python")
    test = condition(scope, node.test)
    return [While(node.lineno, test, _loop_body(scope, node.body))]


def _loop_body(scope: Scope, body: list[ast.stmt]) -> list[Stmt]:
    scope.loops += 1
    visited = visit_body(scope, body)
    scope.loops -= 1
    return visited


@visits(STATEMENTS, ast.For)
def visit_For(scope: Scope, node: ast.For) -> list[Stmt]:
    call = node.iter
    ranged = isinstance(call, ast.Call) and scope.static(call.func) is range and not call.keywords
    if not ranged or not isinstance(node.target, ast.Name) or node.orelse:
        scope.fail(node, "a for loop is: for name in range(...)")
    assert isinstance(call, ast.Call)
    bounds = [visit_expression(scope, argument) for argument in call.args]
    step = _step(scope, node, bounds)
    low: Expr = Const(LITERAL, node.lineno, 0) if len(bounds) == 1 else bounds[0]
    low, high = scope.unify(low, bounds[0] if len(bounds) == 1 else bounds[1])
    type_ = low.type
    if type_ is LITERAL:
        type_ = scope.locals.get(node.target.id, i32)
        low, high = scope.coerce(low, type_), scope.coerce(high, type_)
    if not is_int(type_):
        scope.fail(node, f"a range of {name_of(type_)}")
    name = scope.declare_loop(node, node.target.id, type_)
    return [For(node.lineno, name, type_, low, high, step, _loop_body(scope, node.body))]


def _step(scope: Scope, node: ast.For, bounds: list[Expr]) -> int:
    if len(bounds) not in (1, 2, 3):
        scope.fail(node, "range takes one to three values")
    if len(bounds) < 3:
        return 1
    step = bounds[2]
    if not isinstance(step, Const) or step.type is not LITERAL or step.value == 0:
        scope.fail(node, "the step of a range is a constant other than 0")
    return int(step.value)


@visits(STATEMENTS, ast.Break)
def visit_Break(scope: Scope, node: ast.Break) -> list[Stmt]:
    if not scope.loops:
        scope.fail(node, "break outside of a loop")
    return [Break(node.lineno)]


@visits(STATEMENTS, ast.Continue)
def visit_Continue(scope: Scope, node: ast.Continue) -> list[Stmt]:
    if not scope.loops:
        scope.fail(node, "continue outside of a loop")
    return [Continue(node.lineno)]


@visits(STATEMENTS, ast.Return)
def visit_Return(scope: Scope, node: ast.Return) -> list[Stmt]:
    if node.value is None or (scope.result is VOID and _is_none(node.value)):
        if scope.result is not VOID:
            scope.fail(node, f"a value of type {name_of(scope.result)} is returned")
        return [Return(node.lineno, None)]
    if scope.result is VOID:
        scope.fail(node, "a function of result type None returns no value")
    return [Return(node.lineno, _as(scope, visit_expression(scope, node.value), scope.result))]


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
