"""Calls of native Python: casts, intrinsics, functions, function pointers, and the ends of handlers."""

from __future__ import annotations

import ast
from typing import Any

from ir.layout import Ptr, Scalar, f64, u32, u64
from jitvm.native import intrinsics
from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.intrinsics import BOOL as BOOL_NAME
from jitvm.native.intrinsics import Intrinsic
from jitvm.native.scope import EXPRESSIONS, MISSING, Scope, signature_of, visit_expression, visits
from jitvm.native.tree import (
    Address,
    Call,
    CallIntrinsic,
    CallPointer,
    Cast,
    Const,
    Expr,
    Hint,
    Leave,
)
from jitvm.native.types import (
    BOOL,
    INTERP,
    LITERAL,
    NEXT,
    NULL,
    SCALARS,
    VOID,
    Type,
    is_int,
    is_pointer,
    name_of,
    value_type,
)
from jitvm.native.visit_expr import field_of, function_field, truth

HINTS = {intrinsics.likely: True, intrinsics.unlikely: False}
#: Operand types of intrinsics by the names their table uses.
NAMED: dict[str, Type] = {**{scalar.name: scalar for scalar in SCALARS}, BOOL_NAME: BOOL}
#: Ends of handlers: method of `vm` -> types of its operands, None for any integer or pointer.
LEAVES: dict[str, tuple[Type, ...]] = {
    "next": (),
    "dispatch": (u32,),
    "plain": (u32,),
    "tail": (None, None),
    "tail_ptr": (u64, None, None),
}


@visits(EXPRESSIONS, ast.Call)
def visit_Call(scope: Scope, node: ast.Call) -> Expr:
    if node.keywords:
        scope.fail(node, "no keyword arguments")
    constant = scope.static(node)
    if constant is not MISSING:
        return scope.constant(node, constant)
    callee = scope.static(node.func)
    match callee:
        case NativeFunction():
            return _call_function(scope, node, callee)
        case Intrinsic():
            return _call_intrinsic(scope, node, callee)
        case Scalar() | Ptr():
            return cast(scope, node, callee, _one(scope, node))
        case intrinsics.cast:
            if len(node.args) != 2:
                scope.fail(node, "cast takes a type and a value")
            to = scope.static(node.args[0])
            return cast(scope, node, to, visit_expression(scope, node.args[1]))
    if callee is bool:
        return truth(scope, _one(scope, node))
    if callee is MISSING and isinstance(node.func, ast.Attribute):
        return _call_method(scope, node, node.func)
    raise scope.error(node, f"{ast.unparse(node.func)} is no native function")


def _one(scope: Scope, node: ast.Call) -> Expr:
    if len(node.args) != 1:
        scope.fail(node, "a cast takes one value")
    return visit_expression(scope, node.args[0])


def cast(scope: Scope, node: ast.Call, to: Any, value: Expr) -> Expr:
    """`T(x)`."""
    result = value_type(to)
    if isinstance(value, Const) and value.type in (LITERAL, NULL, BOOL):
        return Const(result, node.lineno, to(value.value).addr if isinstance(to, Ptr) else to(value.value))
    source = value.type
    if isinstance(to, Ptr):
        allowed = is_pointer(source) or source is u64
    elif to is f64:
        allowed = (is_int(source) and source is not u64) or source is f64
    else:
        allowed = is_int(source) or source is BOOL or source is f64 or (is_pointer(source) and to is u64)
    if not allowed:
        scope.fail(node, f"no conversion of {name_of(source)} to {name_of(to)}")
    return Cast(result, node.lineno, to, value)


def _count(scope: Scope, node: ast.Call, wanted: int, given: int) -> None:
    if wanted != given:
        scope.fail(node, f"{ast.unparse(node.func)} takes {wanted} values, {given} given")


def _call_function(scope: Scope, node: ast.Call, function: NativeFunction) -> Expr:
    if function.kind not in (Kind.NATIVE, Kind.INLINE):
        scope.fail(node, f"{function.name} is a handler: jump to it with vm.tail")
    params, result = signature_of(function)
    _count(scope, node, len(params), len(node.args))
    args: list[Expr | None] = []
    for argument, type_ in zip(node.args, params):
        value = visit_expression(scope, argument)
        if type_ is INTERP:
            if value.type is not INTERP:
                scope.fail(node, f"{function.name} takes the interpreter state here")
            args.append(None)
        else:
            args.append(truth(scope, value) if type_ is BOOL else scope.coerce(value, type_))
    return Call(result, node.lineno, function, args)


def _call_intrinsic(scope: Scope, node: ast.Call, intrinsic: Intrinsic) -> Expr:
    _count(scope, node, len(intrinsic.params), len(node.args))
    values = [visit_expression(scope, argument) for argument in node.args]
    if intrinsic in HINTS:
        return Hint(BOOL, node.lineno, HINTS[intrinsic], truth(scope, values[0]))
    if None in intrinsic.params:
        values = list(scope.unify(*values)) if len(values) == 2 else values
        if not is_int(values[0].type):
            scope.fail(node, f"{intrinsic.name} of {name_of(values[0].type)}")
        return CallIntrinsic(values[0].type, node.lineno, intrinsic, values)
    if intrinsic is intrinsics.addr:
        if not is_pointer(values[0].type):
            scope.fail(node, f"addr of {name_of(values[0].type)}")
        return Cast(u64, node.lineno, u64, values[0])
    args: list[Expr] = []
    for value, name in zip(values, intrinsic.params):
        shift = intrinsic.name in ("rol32", "ror32") and len(args) == 1
        args.append(value if shift and is_int(value.type) else scope.coerce(value, NAMED[name]))
    return CallIntrinsic(NAMED[intrinsic.result], node.lineno, intrinsic, args)


def _call_method(scope: Scope, node: ast.Call, func: ast.Attribute) -> Expr:
    owner = visit_expression(scope, func.value)
    if owner.type is INTERP:
        return _leave(scope, node, func.attr)
    if func.attr == "ref":
        name = scope.static(node.args[0]) if len(node.args) == 1 else None
        if not isinstance(name, str):
            scope.fail(node, "ref takes the name of a field")
        offset, memory = field_of(scope, node, owner, name)
        inner = memory.to if type(memory).__name__ == "Array" else memory
        return Address(Ptr(inner), node.lineno, owner, name, offset)
    signature = function_field(scope, func, owner)
    if signature is None:
        scope.fail(node, f"{ast.unparse(func)} is no function")
    _count(scope, node, len(signature.args), len(node.args))
    pointer = visit_expression(scope, func)
    args = [scope.coerce(visit_expression(scope, a), t) for a, t in zip(node.args, signature.args)]
    result = VOID if signature.result is None else signature.result
    return CallPointer(result, node.lineno, signature, pointer, args)


def _leave(scope: Scope, node: ast.Call, kind: str) -> Expr:
    if kind not in LEAVES:
        scope.fail(node, f"the interpreter's state has no {kind}()")
    arguments, target = list(node.args), None
    if kind == "tail":
        found = scope.static(arguments.pop(0)) if arguments else None
        if not isinstance(found, NativeFunction) or found.kind not in (Kind.HANDLER, Kind.STUB):
            scope.fail(node, "vm.tail takes a handler")
        target = found
    _count(scope, node, len(LEAVES[kind]), len(arguments))
    args = []
    for argument, type_ in zip(arguments, LEAVES[kind]):
        value = visit_expression(scope, argument)
        if value.type in (LITERAL, NULL):
            value = Const(type_ or u64, value.line, u64(value.value))  # type: ignore[attr-defined]
        elif type_ is not None:
            value = scope.coerce(value, type_)
        elif not is_int(value.type) and not is_pointer(value.type):
            scope.fail(value, f"{name_of(value.type)} is not passed to a handler")
        if type_ is None and is_int(value.type) and value.type.size == 4:
            value = Cast(u64, value.line, u64, value)
        args.append(value)
    return Leave(NEXT, node.lineno, kind, target, args)
