"""From the typed tree of a native function to IR: expressions, statements and inline expansion.

Conditions are compiled straight to branches; `likely` and `unlikely` make the other side cold.  An `@inline`
function is lowered in place: its variables get a prefix of their own, its `return` jumps to a join behind it.
The interpreter's pinned state is four variables, `vm.base vm.pc vm.kbase vm.g`, common to a handler and all
that is inlined into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ir.funcbuilder import FunctionBuilder
from ir.layout import offset_of
from ir.objects import VM
from ir.ops import Op
from ir.record import dataclass, field
from ir.types import IRType
from ir.values import Convention, Function, Ins
from jitvm.native import tree
from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.errors import NativeError
from jitvm.native.flow import Flow, Join, Loop
from jitvm.native.scope import definition, tree_of
from jitvm.native.types import INTERP, NEXT, VOID, ir_type

STATE_NAMES = ("vm.base", "vm.pc", "vm.kbase", "vm.g")

Rule = Callable[..., Any]
VALUES: dict[type, Rule] = {}
CONDITIONS: dict[type, Rule] = {}
STATEMENTS: dict[type, Rule] = {}


def lowers(registry: dict[type, Rule], *nodes: type) -> Callable[[Rule], Rule]:
    """Registers how a node of the typed tree becomes IR."""

    def register(rule: Rule) -> Rule:
        for node in nodes:
            assert node not in registry, node
            registry[node] = rule
        return rule

    return register


@dataclass(slots=True)
class Frame:
    """A function being lowered, the outermost or an inlined one; `leave` is where its `return` goes."""

    tree: tree.Tree
    prefix: str
    leave: Join | None
    loops: list[Loop] = field(default_factory=list)

    @property
    def result(self) -> str:
        return f"{self.prefix}return"


class Lowering:
    """One function on its way to IR."""

    def __init__(self, function: NativeFunction) -> None:
        self.tree = tree_of(function)
        handler = function.kind is Kind.HANDLER
        convention = Convention.HANDLER if handler else Convention.NATIVE
        result = None if self.tree.result in (VOID, NEXT) else ir_type(self.tree.result)
        self.build = FunctionBuilder(function.symbol, convention, result, function.source)
        self.flow = Flow(self.build)
        self.frames = [Frame(self.tree, "", None)]
        self.inlined = 0
        self.temporaries = 0

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def error(self, line: int, reason: str) -> NativeError:
        return NativeError(self.frame.tree.function.python.__code__.co_filename, line, reason)

    def run(self) -> Function:
        for name, type_ in self.tree.params:
            if type_ is INTERP:
                for state in STATE_NAMES:
                    self.flow.env[state] = self.build.param(IRType.P64)
            else:
                self.flow.env[name] = self.build.param(ir_type(type_))
        self.body(self.tree.body)
        if self.flow.reachable:
            self._fall_off(self.frame)
            self.build.ret()
        return self.build.finish()

    def _fall_off(self, frame: Frame) -> None:
        if frame.tree.result is not VOID:
            line = definition(frame.tree.function).lineno
            raise self.error(line, f"{frame.tree.function.name}: some paths return no value")

    def body(self, statements: list[tree.Stmt]) -> None:
        """Statements in order; what follows a return, break or continue is not lowered."""
        for statement in statements:
            if not self.flow.reachable:
                return
            STATEMENTS[type(statement)](self, statement)

    def value(self, expr: tree.Expr) -> Ins:
        found: Ins = VALUES[type(expr)](self, expr)
        return found

    def condition(self, expr: tree.Expr, yes: Join, no: Join) -> None:
        """Goes to one of two joins."""
        rule = CONDITIONS.get(type(expr))
        if rule is not None:
            rule(self, expr, yes, no)
        else:
            value = self.value(expr)
            self.flow.branch(Op.NE, IRType.INT, value, self.build.kint(0), yes, no)

    # Variables.

    def variable(self, name: str) -> str:
        return name if name.startswith("vm.") else self.frame.prefix + name

    def read(self, name: str, line: int) -> Ins:
        value = self.flow.env.get(self.variable(name))
        if value is None:
            raise self.error(line, f"{name} may have no value here")
        return value

    def write(self, name: str, value: Ins) -> None:
        self.flow.env[self.variable(name)] = value

    def temporary(self) -> str:
        """The name of a variable that carries a value to a join."""
        self.temporaries += 1
        return f"#{self.temporaries}"

    # Inline functions.

    def inline(self, node: tree.Call, args: list[Ins | None]) -> Ins | None:
        """The body of an inline function, here; its value, or None without one."""
        called = tree_of(node.function)
        if any(frame.tree.function is node.function for frame in self.frames):
            raise self.error(node.line, f"inline function {node.function.name} calls itself")
        with self._entered(called, args) as frame:
            start = self.flow.here
            single = _single_return(called)
            if single is not None:
                self.body(called.body[:-1])
                return self.value(single)
            frame.leave = None if called.result is NEXT else self.flow.join()
            self.body(called.body)
            if self.flow.reachable:
                self._fall_off(frame)
                assert frame.leave is not None
                self.flow.jump(frame.leave)
            if frame.leave is None:
                return None
            self.flow.place(frame.leave, start)
            return self.flow.env.get(frame.result)

    @contextmanager
    def _entered(self, called: tree.Tree, args: list[Ins | None]) -> Iterator[Frame]:
        self.inlined += 1
        frame = Frame(called, f"{called.function.name}{self.inlined}:", None)
        for (name, _), arg in zip(called.params, args):
            if arg is not None:
                self.flow.env[frame.prefix + name] = arg
        self.frames.append(frame)
        yield frame
        self.frames.pop()
        kept = {n: v for n, v in self.flow.env.items() if not n.startswith(frame.prefix)}
        self.flow.env = kept


def _single_return(called: tree.Tree) -> tree.Expr | None:
    """The value of the function's only `return`, if that is its last statement."""
    returns = [node for node in tree.walk(called.body) if isinstance(node, tree.Return)]
    last = called.body[-1] if called.body else None
    if len(returns) == 1 and returns[0] is last and called.result is not NEXT:
        return returns[0].value
    return None


def assigned(statements: list[tree.Stmt]) -> set[str]:
    """Variables that statements assign; what inlined functions do to the interpreter's state included."""
    names: set[str] = set()
    for node in tree.walk(statements):
        if isinstance(node, (tree.Assign, tree.For)):
            names.add(node.name)
        elif isinstance(node, tree.Call) and node.function.kind is Kind.INLINE:
            inner = assigned(tree_of(node.function).body)
            names |= {name for name in inner if name.startswith("vm.")}
    return names


def lower_function(function: NativeFunction) -> Function:
    """The IR of a declared function."""
    import jitvm.native.language  # noqa: F401  # Registers the rules, which import this module.

    return Lowering(function).run()


#: Where `plain` finds the handlers proper.
PLAIN_OFFSET = offset_of(VM, "dispatch_plain")
