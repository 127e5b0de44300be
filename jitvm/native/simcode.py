"""Native functions as plain Python: the third engine, beside machine code and the IR evaluator.

From the typed tree comes the text of a Python function in which every wrap, width and memory access is
explicit; CPython compiles it.  So `a + b` on u32 wraps in simulation exactly as it does in the machine:

    return T1(T1(a + b) << (c & 31))

Pointers are `Ptr` objects, integers are ints in the range of their type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ir.arith import compute, truncate
from ir.layout import ACCESS, Ptr, Scalar, f64, i8, i16, i32, load, size_of, store, u8, u16
from ir.ops import Op
from ir.types import IRType
from jitvm.native import tree
from jitvm.native.decorators import NativeFunction
from jitvm.native.scope import tree_of
from jitvm.native.types import BOOL, INTERP, LITERAL, NULL, is_pointer

Rule = Callable[..., str]
EXPRESSIONS: dict[type, Rule] = {}
STATEMENTS: dict[type, Callable[..., list[str]]] = {}


def writes(registry: dict[type, Any], *nodes: type) -> Callable[[Any], Any]:
    """Registers how a node of the typed tree is written."""

    def register(rule: Any) -> Any:
        for node in nodes:
            registry[node] = rule
        return rule

    return register


def simulated(function: NativeFunction) -> Callable[..., Any]:
    """The function as CPython runs it."""
    writer = Writer(tree_of(function))
    source = writer.source()
    code = compile(source, f"<simulated {function.name}, {function.source}>", "exec")
    exec(code, writer.names)
    made: Callable[..., Any] = writer.names[function.name]
    return made


def convert(type_: Any, value: Any) -> Any:
    """An argument from outside as a value of its type."""
    if isinstance(type_, Ptr):
        return type_(0 if value is None else value)
    if type_ is BOOL:
        return bool(value)
    return type_(value) if isinstance(type_, Scalar) else value


def function_at(address: int) -> Callable[..., Any]:
    """The simulated function behind a function pointer."""
    found: Callable[..., Any] = ACCESS.memory.function_at(address)  # type: ignore[attr-defined]
    return found


def _divide(a: float, b: float) -> float:
    return float(compute(Op.DIV, IRType.NUM, (a, b)))


class Writer:
    """Writes one function; `names` is its global namespace."""

    def __init__(self, checked: tree.Tree) -> None:
        self.tree = checked
        self.vm = next((name for name, type_ in checked.params if type_ is INTERP), "")
        self.names: dict[str, Any] = {
            "_load": load,
            "_store": store,
            "_convert": convert,
            "_function_at": function_at,
            "_divide": _divide,
            "_truncate": truncate,
        }
        self.known: dict[int, str] = {}

    def source(self) -> str:
        params = [name for name, _ in self.tree.params]
        lines = [f"def {self.tree.function.name}({', '.join(params)}):"]
        for name, type_ in self.tree.params:
            if type_ is not INTERP:
                lines.append(f"    {name} = _convert({self.name(type_)}, {name})")
        lines += indented(self.body(self.tree.body))
        return "\n".join(lines) + "\n"

    def name(self, thing: Any) -> str:
        """A name for a Python object in the namespace of the code."""
        if id(thing) not in self.known:
            self.known[id(thing)] = name = f"_k{len(self.known)}"
            self.names[name] = thing
        return self.known[id(thing)]

    def write(self, node: tree.Expr) -> str:
        return EXPRESSIONS[type(node)](self, node)

    def body(self, statements: list[tree.Stmt]) -> list[str]:
        lines: list[str] = []
        for statement in statements:
            lines += STATEMENTS[type(statement)](self, statement)
        return lines or ["pass"]

    def variable(self, name: str) -> str:
        return name.replace("vm.", f"{self.vm}.", 1) if name.startswith("vm.") else name

    def address(self, pointer: tree.Expr, offset: int = 0) -> str:
        return f"{self.write(pointer)}.addr + {offset}" if offset else f"{self.write(pointer)}.addr"

    def element(self, pointer: tree.Expr, index: tree.Expr, sign: str = "+") -> str:
        return f"{self.write(pointer)}.addr {sign} {self.write(index)} * {size_of(pointer.type.target)}"


def indented(lines: list[str]) -> list[str]:
    return ["    " + line for line in lines]


@writes(EXPRESSIONS, tree.Const)
def write_const(w: Writer, node: tree.Const) -> str:
    if is_pointer(node.type):
        return f"{w.name(node.type)}({node.value})"
    if node.type in (LITERAL, NULL) or isinstance(node.value, float):
        return w.name(node.value)
    return f"({node.value!r})"


@writes(EXPRESSIONS, tree.Local)
def write_local(w: Writer, node: tree.Local) -> str:
    return w.variable(node.name)


@writes(EXPRESSIONS, tree.Binary)
def write_binary(w: Writer, node: tree.Binary) -> str:
    left, right = w.write(node.left), w.write(node.right)
    if node.op == "/":
        return f"_divide({left}, {right})"
    if node.type is f64:
        return f"({left} {node.op} {right})"
    if node.op in ("<<", ">>"):
        right = f"({right} & {8 * node.type.size - 1})"
    return f"{w.name(node.type)}({left} {node.op} {right})"


@writes(EXPRESSIONS, tree.Unary)
def write_unary(w: Writer, node: tree.Unary) -> str:
    return f"{w.name(node.type)}({node.op}{w.write(node.operand)})"


@writes(EXPRESSIONS, tree.Compare)
def write_compare(w: Writer, node: tree.Compare) -> str:
    if is_pointer(node.left.type):
        return f"({w.address(node.left)} {node.op} {w.address(node.right)})"
    return f"({w.write(node.left)} {node.op} {w.write(node.right)})"


@writes(EXPRESSIONS, tree.Truth)
def write_truth(w: Writer, node: tree.Truth) -> str:
    value = w.address(node.operand) if is_pointer(node.operand.type) else w.write(node.operand)
    return f"({value} != 0)"


@writes(EXPRESSIONS, tree.Not)
def write_not(w: Writer, node: tree.Not) -> str:
    return f"(not {w.write(node.operand)})"


@writes(EXPRESSIONS, tree.BoolOp)
def write_bool_op(w: Writer, node: tree.BoolOp) -> str:
    return f"({f' {node.op} '.join(w.write(operand) for operand in node.operands)})"


@writes(EXPRESSIONS, tree.Hint)
def write_hint(w: Writer, node: tree.Hint) -> str:
    return w.write(node.operand)


@writes(EXPRESSIONS, tree.Choice)
def write_choice(w: Writer, node: tree.Choice) -> str:
    return f"({w.write(node.yes)} if {w.write(node.condition)} else {w.write(node.no)})"


@writes(EXPRESSIONS, tree.Load)
def write_load(w: Writer, node: tree.Load) -> str:
    return f"_load({w.name(node.memory)}, {w.address(node.pointer, node.offset)})"


@writes(EXPRESSIONS, tree.Element)
def write_element(w: Writer, node: tree.Element) -> str:
    return f"_load({w.name(node.memory)}, {w.element(node.pointer, node.index)})"


@writes(EXPRESSIONS, tree.Address)
def write_address(w: Writer, node: tree.Address) -> str:
    return f"{w.name(node.type)}({w.address(node.pointer, node.offset)})"


@writes(EXPRESSIONS, tree.Step)
def write_step(w: Writer, node: tree.Step) -> str:
    return f"{w.name(node.type)}({w.element(node.pointer, node.index, node.op)})"


@writes(EXPRESSIONS, tree.Difference)
def write_difference(w: Writer, node: tree.Difference) -> str:
    distance = f"({w.address(node.left)} - {w.address(node.right)})"
    return f"{w.name(node.type)}({distance} // {size_of(node.left.type.target)})"


@writes(EXPRESSIONS, tree.Cast)
def write_cast(w: Writer, node: tree.Cast) -> str:
    to, source, value = node.to, node.operand.type, w.write(node.operand)
    if is_pointer(source):
        value = f"{value}.addr"
    elif source is f64 and to is not f64:
        target = IRType.INT if to in (i32, i8, u8, i16, u16) else IRType.I64
        value = f"_truncate({value}, {w.name(target)})"
    return f"{w.name(to)}({value})"


@writes(EXPRESSIONS, tree.Call)
def write_call(w: Writer, node: tree.Call) -> str:
    args = ", ".join(w.vm if arg is None else w.write(arg) for arg in node.args)
    return f"{w.name(node.function)}({args})"


@writes(EXPRESSIONS, tree.CallPointer)
def write_call_pointer(w: Writer, node: tree.CallPointer) -> str:
    args = ", ".join(w.write(arg) for arg in node.args)
    return f"_convert({w.name(node.type)}, _function_at({w.write(node.pointer)})({args}))"


@writes(EXPRESSIONS, tree.CallIntrinsic)
def write_intrinsic(w: Writer, node: tree.CallIntrinsic) -> str:
    args = ", ".join(w.write(arg) for arg in node.args)
    return f"{w.name(node.intrinsic)}.impl({w.name(node.args[0].type)}, {args})"


@writes(EXPRESSIONS, tree.Leave)
def write_leave(w: Writer, node: tree.Leave) -> str:
    args = [w.write(arg) for arg in node.args]
    if node.target is not None:
        args.insert(0, w.name(node.target))
    return f"{w.vm}.{node.kind}({', '.join(args)})"


@writes(STATEMENTS, tree.Assign)
def write_assign(w: Writer, node: tree.Assign) -> list[str]:
    return [f"{w.variable(node.name)} = {w.write(node.value)}"]


@writes(STATEMENTS, tree.StoreField)
def write_store_field(w: Writer, node: tree.StoreField) -> list[str]:
    address = w.address(node.pointer, node.offset)
    return [f"_store({w.name(node.memory)}, {address}, {w.write(node.value)})"]


@writes(STATEMENTS, tree.StoreElement)
def write_store_element(w: Writer, node: tree.StoreElement) -> list[str]:
    address = w.element(node.pointer, node.index)
    return [f"_store({w.name(node.memory)}, {address}, {w.write(node.value)})"]


@writes(STATEMENTS, tree.Evaluate)
def write_evaluate(w: Writer, node: tree.Evaluate) -> list[str]:
    return [w.write(node.value)]


@writes(STATEMENTS, tree.If)
def write_if(w: Writer, node: tree.If) -> list[str]:
    lines = [f"if {w.write(node.condition)}:", *indented(w.body(node.then))]
    return [*lines, "else:", *indented(w.body(node.orelse))] if node.orelse else lines


@writes(STATEMENTS, tree.While)
def write_while(w: Writer, node: tree.While) -> list[str]:
    return [f"while {w.write(node.condition)}:", *indented(w.body(node.body))]


@writes(STATEMENTS, tree.For)
def write_for(w: Writer, node: tree.For) -> list[str]:
    bounds = f"{w.write(node.low)}, {w.write(node.high)}, {node.step}"
    return [f"for {node.name} in range({bounds}):", *indented(w.body(node.body))]


@writes(STATEMENTS, tree.Break)
def write_break(w: Writer, node: tree.Break) -> list[str]:
    return ["break"]


@writes(STATEMENTS, tree.Continue)
def write_continue(w: Writer, node: tree.Continue) -> list[str]:
    return ["continue"]


@writes(STATEMENTS, tree.Return)
def write_return(w: Writer, node: tree.Return) -> list[str]:
    return ["return"] if node.value is None else [f"return {w.write(node.value)}"]
