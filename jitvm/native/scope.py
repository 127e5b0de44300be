"""What the names in a native function mean, and the registry of `visit_` functions.

A name is a local if the function assigns it anywhere (Python's rule), else whatever the function's closure,
module or the built-ins hold when it is compiled: a constant, a type, another native function.  Nothing
is looked up at run time.
"""

from __future__ import annotations

import ast
import builtins
import functools
import linecache
from collections import Counter
from collections.abc import Callable
from typing import Any, NoReturn

from ir.layout import Array, FnPtr, Ptr, Scalar, Struct, f64, offset_of, size_of
from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.errors import NativeError
from jitvm.native.simulate import Interp, Next
from jitvm.native.tree import Choice, Const, Expr, Stmt, Tree
from jitvm.native.types import (
    BOOL,
    INTERP,
    LITERAL,
    NARROW,
    NEXT,
    NULL,
    VOID,
    Type,
    fits,
    is_int,
    is_pointer,
    name_of,
    same,
)

MISSING = object()
#: Parameters that System V passes in registers.
MAX_WORDS, MAX_DOUBLES = 6, 8
#: Python functions that may be called while compiling, on arguments known then.
COMPILE_TIME: tuple[Callable[..., Any], ...] = (offset_of, size_of, len, min, max, ord)

Visitor = Callable[..., Any]
#: Syntax node -> function: together, these are the language.
EXPRESSIONS: dict[type[ast.AST], Visitor] = {}
STATEMENTS: dict[type[ast.AST], Visitor] = {}


def visits(registry: dict[type[ast.AST], Visitor], *nodes: type[ast.AST]) -> Callable[[Visitor], Visitor]:
    """Registers a `visit_` function for syntax nodes."""

    def register(visitor: Visitor) -> Visitor:
        for node in nodes:
            assert node not in registry, node
            registry[node] = visitor
        return visitor

    return register


@functools.cache
def _parsed(filename: str) -> dict[tuple[str, int], ast.FunctionDef]:
    """Every function of a file, by name and line of its first decorator."""
    module = ast.parse("".join(linecache.getlines(filename)), filename)
    found = {}
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno] + [d.lineno for d in node.decorator_list])
            found[node.name, first] = node
    return found


def definition(function: NativeFunction) -> ast.FunctionDef:
    """The syntax tree of a declared function."""
    code = function.python.__code__
    try:
        return _parsed(code.co_filename)[code.co_name, code.co_firstlineno]
    except KeyError:
        raise NativeError(code.co_filename, code.co_firstlineno, "source is not available") from None


class Scope:
    """One function while it is checked."""

    def __init__(self, function: NativeFunction) -> None:
        self.function = function
        self.filename = function.python.__code__.co_filename
        self.node = definition(function)
        self.locals: dict[str, Type] = {}
        self.loops = 0
        self.temporaries = 0
        self.result: Type = VOID
        self.stores = _stores(self.node)
        self.constants: dict[str, Const] = {}  # Variables that are names of literals.
        self.renamed: dict[str, str] = {}  # Loop variables used again with another type.
        self.names = _outer_names(function)

    def error(self, node: ast.AST | Expr, reason: str) -> NativeError:
        line = node.line if isinstance(node, Expr) else getattr(node, "lineno", 0)
        return NativeError(self.filename, line, reason)

    def fail(self, node: ast.AST | Expr, reason: str) -> NoReturn:
        raise self.error(node, reason)

    # Signature.

    def signature(self) -> list[tuple[str, Type]]:
        """Declares the parameters."""
        arguments = self.node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            self.fail(self.node, "only plain parameters")
        if arguments.defaults:
            self.fail(self.node, "no default values")
        params = []
        for argument in arguments.args:
            if argument.annotation is None:
                self.fail(argument, f"parameter {argument.arg} has no type")
            type_ = self.annotation(argument.annotation)
            if type_ is VOID or type_ is NEXT:
                self.fail(argument, f"{name_of(type_)} is no type of a parameter")
            params.append((argument.arg, type_))
            self.locals[argument.arg] = type_
        if self.node.returns is None:
            self.fail(self.node, "no result type; write -> None if there is none")
        self.result = self.annotation(self.node.returns)
        self._check_kind(params)
        return params

    def _check_kind(self, params: list[tuple[str, Type]]) -> None:
        types = [type_ for _, type_ in params]
        match self.function.kind:
            case Kind.HANDLER | Kind.STUB:
                state = len(types) == 3 and types[0] is INTERP and self.result is NEXT
                words = all(is_int(t) or is_pointer(t) for t in types[1:])
                if not state or not words:
                    self.fail(self.node, "a handler is def h(vm: Interp, ra: u64, rd: u64) -> Next")
            case Kind.NATIVE:
                if INTERP in types or self.result is NEXT:
                    self.fail(self.node, "a native function has no interpreter state")
                doubles = types.count(f64)
                if doubles > MAX_DOUBLES or len(types) - doubles > MAX_WORDS:
                    self.fail(self.node, "more parameters than registers")
            case Kind.INLINE:
                if self.result is NEXT and INTERP not in types:
                    self.fail(self.node, "a result of type Next needs a parameter of type Interp")

    def annotation(self, node: ast.expr) -> Type:
        """The type that an annotation names."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node = ast.parse(node.value, mode="eval").body
        return self.type_of(node, self.static(node))

    def type_of(self, node: ast.AST, value: object) -> Type:
        """A Python object as a type of values."""
        if value in NARROW:
            self.fail(node, f"{value} is a type of memory only; use i32 or u32")
        if isinstance(value, (Scalar, Ptr)):
            return value
        special = {bool: BOOL, None: VOID, Interp: INTERP, Next: NEXT}
        if isinstance(value, (type, type(None))) and value in special:
            return special[value]
        raise self.error(node, f"{ast.unparse(node) if isinstance(node, ast.expr) else value} is no type")

    # Names known while compiling.

    def static(self, node: ast.expr) -> object:
        """The Python object an expression stands for, MISSING if it is only known at run time."""
        match node:
            case ast.Constant():
                return node.value
            case ast.Name():
                return MISSING if node.id in self.stores else self.names.get(node.id, MISSING)
            case ast.Attribute():
                owner = self.static(node.value)
                known = owner is not MISSING and not isinstance(owner, (int, float, str, Ptr))
                return getattr(owner, node.attr, MISSING) if known else MISSING
            case ast.Subscript():
                return self._static_subscript(node)
            case ast.Tuple() | ast.List():
                items = [self.static(item) for item in node.elts]
                return MISSING if MISSING in items else items if isinstance(node, ast.List) else tuple(items)
            case ast.Call():
                return self._static_call(node)
            case _:
                return MISSING

    def _static_subscript(self, node: ast.Subscript) -> object:
        owner: Any = self.static(node.value)
        if owner in (Ptr, Array, FnPtr) and isinstance(node.slice, ast.Constant):
            return owner[node.slice.value]
        index = self.static(node.slice)
        if owner is MISSING or index is MISSING:
            return MISSING
        try:
            return owner[index]
        except (KeyError, IndexError, TypeError) as error:
            self.fail(node, f"{ast.unparse(node)}: {error}")

    def _static_call(self, node: ast.Call) -> object:
        callee: Any = self.static(node.func)
        sizeof = getattr(callee, "__func__", None) is Struct.sizeof.__func__  # type: ignore[attr-defined]
        if not sizeof and not any(callee is known for known in COMPILE_TIME):
            return MISSING
        arguments = [self.static(argument) for argument in node.args]
        if any(argument is MISSING for argument in arguments) or node.keywords:
            return MISSING
        return callee(*arguments)

    # Types.

    def coerce(self, expr: Expr, type_: Type) -> Expr:
        """`expr` as a value of `type_`: literals adapt, anything else must have the type."""
        if isinstance(expr, Const):
            if expr.type is LITERAL and is_int(type_):
                if not fits(expr.value, type_):
                    self.fail(expr, f"{expr.value} does not fit {type_}")
                return Const(type_, expr.line, expr.value)
            if expr.type is LITERAL and type_ is f64:
                self.fail(expr, f"write {expr.value}.0: an integer literal is no f64")
            if expr.type is NULL and is_pointer(type_):
                return Const(type_, expr.line, 0)
        if isinstance(expr, Choice) and expr.type is LITERAL:
            yes, no = self.coerce(expr.yes, type_), self.coerce(expr.no, type_)
            return Choice(type_, expr.line, expr.condition, yes, no)
        if not same(expr.type, type_):
            self.fail(expr, f"expected {name_of(type_)}, found {name_of(expr.type)}")
        return expr

    def unify(self, left: Expr, right: Expr) -> tuple[Expr, Expr]:
        """Both operands as values of one type."""
        if left.type in (LITERAL, NULL) and right.type is not left.type:
            return self.coerce(left, right.type), right
        if right.type in (LITERAL, NULL) and right.type is not left.type:
            return left, self.coerce(right, left.type)
        if not same(left.type, right.type):
            self.fail(left, f"operands of types {name_of(left.type)} and {name_of(right.type)}")
        return left, right

    def constant(self, node: ast.AST, value: object) -> Expr:
        """A Python object as a constant."""
        line = getattr(node, "lineno", 0)
        match value:
            case bool():
                return Const(BOOL, line, value)
            case int():
                return Const(LITERAL, line, int(value))
            case float():
                return Const(f64, line, float(value))
            case None:
                return Const(NULL, line, 0)
            case _:
                raise self.error(node, f"{value!r} is no value of native code")

    def temporary(self) -> str:
        self.temporaries += 1
        return f"_t{self.temporaries}"

    def variable(self, name: str) -> str:
        """The name a variable has in the typed tree."""
        return self.renamed.get(name, name)

    def declare_loop(self, node: ast.For, name: str, type_: Type) -> str:
        """The variable of a loop; one that only loops assign may have another type in each."""
        known = self.locals.get(name)
        if (
            known is not None
            and not same(known, type_)
            and self.stores[name] == _loop_stores(self.node, name)
        ):
            self.renamed[name] = f"{name}_{len(self.renamed) + 2}"
            self.locals[name] = type_
        self.declare(node, name, type_)
        return self.variable(name)

    def declare(self, node: ast.AST, name: str, type_: Type) -> None:
        """A variable has one type in all of the function."""
        known = self.locals.setdefault(name, type_)
        if not same(known, type_):
            self.fail(node, f"{name} is {name_of(known)}, not {name_of(type_)}")


def _stores(node: ast.FunctionDef) -> Counter[str]:
    """How often each local variable is assigned; being a parameter counts."""
    found = Counter(argument.arg for argument in node.args.args)
    for child in ast.walk(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            found[child.id] += 1
    return found


def _loop_stores(node: ast.FunctionDef, name: str) -> int:
    loops = [child.target for child in ast.walk(node) if isinstance(child, ast.For)]
    return sum(isinstance(target, ast.Name) and target.id == name for target in loops)


def _outer_names(function: NativeFunction) -> dict[str, object]:
    """Built-ins, module globals, and variables of enclosing functions, as they are now."""
    python = function.python
    names: dict[str, object] = {**vars(builtins), **python.__globals__}
    for name, cell in zip(python.__code__.co_freevars, python.__closure__ or ()):
        names[name] = cell.cell_contents
    return names


def visit_expression(scope: Scope, node: ast.expr) -> Expr:
    """The typed tree of an expression."""
    visitor = EXPRESSIONS.get(type(node))
    if visitor is None:
        scope.fail(node, f"{type(node).__name__} is not part of native Python")
    found: Expr = visitor(scope, node)
    return found


def visit_body(scope: Scope, nodes: list[ast.stmt]) -> list[Stmt]:
    """The typed trees of statements."""
    body: list[Stmt] = []
    for node in nodes:
        visitor = STATEMENTS.get(type(node))
        if visitor is None:
            scope.fail(node, f"{type(node).__name__} is not part of native Python")
        body += visitor(scope, node)
    return body


@functools.cache
def signature_of(function: NativeFunction) -> tuple[list[Type], Type]:
    """Types of parameters and result, without checking the body: functions may call each other."""
    scope = Scope(function)
    params = scope.signature()
    return [type_ for _, type_ in params], scope.result


@functools.cache
def tree_of(function: NativeFunction) -> Tree:
    """The checked function."""
    import jitvm.native.language  # noqa: F401  # Registers the visitors, which import this module.

    scope = Scope(function)
    params = scope.signature()
    return Tree(function, params, scope.result, visit_body(scope, scope.node.body))
