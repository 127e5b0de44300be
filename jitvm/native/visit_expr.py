"""Expressions of native Python, calls apart: syntax to typed tree."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any

from ir.layout import FnPtr, Ptr, Struct, f64, i32, i64, u32, u64
from ir.objects import VM, TValue
from jitvm.native.scope import EXPRESSIONS, MISSING, Scope, visit_expression, visits
from jitvm.native.tree import (
    Address,
    Binary,
    BoolOp,
    Choice,
    Compare,
    Const,
    Difference,
    Element,
    Expr,
    Load,
    Local,
    Not,
    Step,
    Truth,
    Unary,
)
from jitvm.native.types import (
    BOOL,
    INTERP,
    LITERAL,
    NULL,
    is_inline,
    is_int,
    is_pointer,
    name_of,
    value_type,
)

#: The interpreter's pinned state, as attributes of `vm`.
STATE = {"base": Ptr(TValue), "pc": Ptr(u32), "kbase": Ptr(u64), "g": Ptr(VM)}

#: Operators: symbol, and what they compute on two literals.
BINARY: dict[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
    ast.BitAnd: ("&", operator.and_),
    ast.BitOr: ("|", operator.or_),
    ast.BitXor: ("^", operator.xor),
    ast.LShift: ("<<", operator.lshift),
    ast.RShift: (">>", operator.rshift),
}
COMPARE: dict[type[ast.cmpop], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Is: ("==", operator.eq),
    ast.IsNot: ("!=", operator.ne),
}


@visits(EXPRESSIONS, ast.Constant)
def visit_Constant(scope: Scope, node: ast.Constant) -> Expr:
    return scope.constant(node, node.value)


@visits(EXPRESSIONS, ast.Name)
def visit_Name(scope: Scope, node: ast.Name) -> Expr:
    if node.id in scope.constants:
        return scope.constants[node.id]
    if node.id in scope.stores:
        if node.id not in scope.locals:
            scope.fail(node, f"{node.id} is used before it has a value")
        return Local(scope.locals[node.id], node.lineno, scope.variable(node.id))
    value = scope.static(node)
    if value is MISSING:
        scope.fail(node, f"{node.id} is not defined")
    return scope.constant(node, value)


@visits(EXPRESSIONS, ast.Attribute)
def visit_Attribute(scope: Scope, node: ast.Attribute) -> Expr:
    value = scope.static(node)
    if value is not MISSING:
        return scope.constant(node, value)
    if scope.static(node.value) is not MISSING:
        scope.fail(node, f"{ast.unparse(node)} is not defined")
    owner = visit_expression(scope, node.value)
    if owner.type is INTERP:
        if node.attr not in STATE:
            scope.fail(node, f"the interpreter's state has no {node.attr}")
        return Local(STATE[node.attr], node.lineno, f"vm.{node.attr}")
    return field(scope, node, owner)


def field(scope: Scope, node: ast.Attribute, owner: Expr) -> Expr:
    """`owner.attr` as a value; an embedded struct or array is its address."""
    offset, memory = field_of(scope, node, owner)
    if is_inline(memory):
        return Address(value_type(memory), node.lineno, owner, node.attr, offset)
    return Load(value_type(memory), node.lineno, memory, owner, node.attr, offset)


def field_of(scope: Scope, node: ast.AST, owner: Expr, name: str = "") -> tuple[int, Any]:
    """Offset and memory type of a field of what `owner` points to."""
    name = name or (node.attr if isinstance(node, ast.Attribute) else "")
    struct = owner.type.target if is_pointer(owner.type) else None
    if not (isinstance(struct, type) and issubclass(struct, Struct)):
        scope.fail(node, f"{name_of(owner.type)} has no fields")
    if name not in struct.layout():
        scope.fail(node, f"{struct.__name__} has no field {name}")
    return struct.layout()[name]


@visits(EXPRESSIONS, ast.Subscript)
def visit_Subscript(scope: Scope, node: ast.Subscript) -> Expr:
    value = scope.static(node)
    if value is not MISSING:
        return scope.constant(node, value)
    pointer, index = element_of(scope, node)
    memory = pointer.type.target
    if is_inline(memory):
        return Step(pointer.type, node.lineno, "+", pointer, index)
    return Element(value_type(memory), node.lineno, memory, pointer, index)


def element_of(scope: Scope, node: ast.Subscript) -> tuple[Expr, Expr]:
    """Pointer and index of `p[i]`."""
    pointer = visit_expression(scope, node.value)
    if not is_pointer(pointer.type):
        scope.fail(node, f"{name_of(pointer.type)} has no elements")
    return pointer, index_of(scope, node.slice)


def index_of(scope: Scope, node: ast.expr) -> Expr:
    return as_index(scope, visit_expression(scope, node))


def as_index(scope: Scope, index: Expr) -> Expr:
    """An integer of any type; literals are i64."""
    if index.type is LITERAL:
        return scope.coerce(index, i64)
    if not is_int(index.type):
        scope.fail(index, f"an index is an integer, not {name_of(index.type)}")
    return index


@visits(EXPRESSIONS, ast.BinOp)
def visit_BinOp(scope: Scope, node: ast.BinOp) -> Expr:
    left, right = visit_expression(scope, node.left), visit_expression(scope, node.right)
    return binary(scope, node, node.op, left, right)


def binary(scope: Scope, node: ast.AST, op: ast.operator, left: Expr, right: Expr) -> Expr:
    """`left op right`, for expressions and augmented assignments."""
    if type(op) not in BINARY:
        scope.fail(node, f"operator {type(op).__name__} is not part of native Python")
    symbol, fold = BINARY[type(op)]
    line = left.line
    if isinstance(left, Const) and isinstance(right, Const) and left.type is right.type is LITERAL:
        return scope.constant(node, int(fold(left.value, right.value)))
    if is_pointer(left.type) and symbol in "+-":
        if is_pointer(right.type):
            return _difference(scope, node, symbol, left, right)
        return Step(left.type, line, symbol, left, as_index(scope, right))
    if symbol in ("<<", ">>"):
        return _shift(scope, node, symbol, left, right)
    if symbol in "&|^":
        left, right = _mask(left, right.type), _mask(right, left.type)
    left, right = scope.unify(left, right)
    if symbol in ("//", "%", "**"):
        scope.fail(node, f"{symbol} is not part of native Python; idiv, imod and pow functions are")
    floats = symbol in ("+", "-", "*", "/") and left.type is f64
    if not floats and not (is_int(left.type) and symbol != "/"):
        scope.fail(node, f"{symbol} on {name_of(left.type)}")
    return Binary(left.type, line, symbol, left, right)


def _mask(literal: Expr, type_: Any) -> Expr:
    """A literal beside a bit operator stands for its bits, so that `x & ~7` is fine for unsigned x."""
    if isinstance(literal, Const) and literal.type is LITERAL and is_int(type_):
        bits = 8 * type_.size
        if -(1 << bits - 1) <= literal.value < 1 << bits:
            return Const(type_, literal.line, type_(literal.value))
    return literal


def _difference(scope: Scope, node: ast.AST, symbol: str, left: Expr, right: Expr) -> Expr:
    scope.unify(left, right)
    if symbol != "-":
        scope.fail(node, "pointers are not added")
    return Difference(i64, left.line, left, right)


def _shift(scope: Scope, node: ast.AST, symbol: str, left: Expr, right: Expr) -> Expr:
    """The count may be of any integer type."""
    if left.type is LITERAL:
        scope.fail(node, "the literal that is shifted needs a type, as in u32(1)")
    count = scope.coerce(right, i32) if right.type is LITERAL else right
    if not is_int(left.type) or not is_int(count.type):
        scope.fail(node, f"{name_of(left.type)} {symbol} {name_of(count.type)}")
    return Binary(left.type, left.line, symbol, left, count)


@visits(EXPRESSIONS, ast.UnaryOp)
def visit_UnaryOp(scope: Scope, node: ast.UnaryOp) -> Expr:
    if isinstance(node.op, ast.Not):
        return Not(BOOL, node.lineno, condition(scope, node.operand))
    operand = visit_expression(scope, node.operand)
    if isinstance(operand, Const) and operand.type is LITERAL:
        folded = {ast.USub: -operand.value, ast.Invert: ~operand.value, ast.UAdd: operand.value}
        return scope.constant(node, folded[type(node.op)])
    match node.op:
        case ast.USub() if is_int(operand.type) or operand.type is f64:
            return Unary(operand.type, node.lineno, "-", operand)
        case ast.Invert() if is_int(operand.type):
            return Unary(operand.type, node.lineno, "~", operand)
        case _:
            raise scope.error(node, f"{type(node.op).__name__} on {name_of(operand.type)}")


@visits(EXPRESSIONS, ast.BoolOp)
def visit_BoolOp(scope: Scope, node: ast.BoolOp) -> Expr:
    operands = [condition(scope, value) for value in node.values]
    return BoolOp(BOOL, node.lineno, "and" if isinstance(node.op, ast.And) else "or", operands)


@visits(EXPRESSIONS, ast.Compare)
def visit_Compare(scope: Scope, node: ast.Compare) -> Expr:
    if len(node.ops) != 1:
        scope.fail(node, "comparisons are not chained")
    op = node.ops[0]
    if type(op) not in COMPARE:
        scope.fail(node, f"operator {type(op).__name__} is not part of native Python")
    symbol, fold = COMPARE[type(op)]
    left = visit_expression(scope, node.left)
    right = visit_expression(scope, node.comparators[0])
    if isinstance(op, (ast.Is, ast.IsNot)) and right.type is not NULL:
        scope.fail(node, "`is` compares with None only")
    if isinstance(left, Const) and isinstance(right, Const) and left.type is right.type is LITERAL:
        return Const(BOOL, node.lineno, bool(fold(left.value, right.value)))
    left, right = scope.unify(left, right)
    comparable = is_int(left.type) or is_pointer(left.type) or left.type is f64
    if not comparable and not (left.type is BOOL and symbol in ("==", "!=")):
        scope.fail(node, f"{name_of(left.type)} {symbol} {name_of(right.type)}")
    return Compare(BOOL, node.lineno, symbol, left, right)


@visits(EXPRESSIONS, ast.IfExp)
def visit_IfExp(scope: Scope, node: ast.IfExp) -> Expr:
    test = condition(scope, node.test)
    yes, no = scope.unify(visit_expression(scope, node.body), visit_expression(scope, node.orelse))
    if yes.type in (LITERAL, NULL):
        if isinstance(test, Const):
            return yes if test.value else no
        if yes.type is NULL:
            scope.fail(node, "None on both sides")
    return Choice(yes.type, node.lineno, test, yes, no)


def condition(scope: Scope, node: ast.expr) -> Expr:
    """An expression where only its truth matters."""
    return truth(scope, visit_expression(scope, node))


def truth(scope: Scope, expr: Expr) -> Expr:
    if expr.type is BOOL:
        return expr
    if isinstance(expr, Const) and expr.type in (LITERAL, NULL):
        return Const(BOOL, expr.line, bool(expr.value))
    if not is_int(expr.type) and not is_pointer(expr.type):
        scope.fail(expr, f"{name_of(expr.type)} is no condition")
    return Truth(BOOL, expr.line, expr)


def function_field(scope: Scope, node: ast.Attribute, owner: Expr) -> FnPtr | None:
    """The signature if a field holds a function's address."""
    _, memory = field_of(scope, node, owner)
    return memory if isinstance(memory, FnPtr) else None
