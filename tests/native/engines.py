"""One native function in all engines: simulated, evaluated as IR, and as machine code where that is built."""

from __future__ import annotations

import itertools
import linecache
import math
from collections.abc import Callable
from types import FunctionType
from typing import Any

import jitvm.native
from ir.interp import Machine
from ir.layout import Ptr, Scalar
from ir.parser import parse_function
from ir.printer import print_function
from ir.values import Function
from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.lower import lower_function
from jitvm.native.scope import signature_of, tree_of
from jitvm.native.simulate import SimulatedMemory
from jitvm.native.tree import Call, walk

_NUMBERS = itertools.count()


def declare(function: Callable[..., Any], kind: Kind = Kind.NATIVE) -> NativeFunction:
    """A native function that the registry, and so the image, does not know."""
    assert isinstance(function, FunctionType)
    return NativeFunction(function, kind)


def inline(function: Callable[..., Any]) -> NativeFunction:
    return declare(function, Kind.INLINE)


def from_source(source: str, **names: Any) -> dict[str, Any]:
    """The functions of a text; `native`, `inline` and `handler` declare as above."""
    filename = f"<native test {next(_NUMBERS)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    space: dict[str, Any] = {name: getattr(jitvm.native, name) for name in jitvm.native.__all__}
    space |= {"native": declare, "inline": inline, "handler": lambda f: declare(f, Kind.HANDLER)} | names
    exec(compile(source, filename, "exec", dont_inherit=True), space)
    return space


def compiled(function: NativeFunction) -> dict[str, Function]:
    """IR of a function and of all it calls; the text form must read back."""
    found: dict[str, Function] = {}
    work = [function]
    while work:
        current = work.pop()
        if current.symbol in found:
            continue
        if current.kind is Kind.NATIVE:
            made = found[current.symbol] = lower_function(current)
            text = print_function(made)
            assert print_function(parse_function(text)) == text
        called = [node.function for node in walk(tree_of(current).body) if isinstance(node, Call)]
        work += [callee for callee in called if callee is not current]
    return found


def same_value(a: Any, b: Any) -> bool:
    if isinstance(a, float) and isinstance(b, float):
        return (math.isnan(a) and math.isnan(b)) or (a == b and math.copysign(1, a) == math.copysign(1, b))
    return bool(a == b)


def evaluate(function: NativeFunction, *args: Any) -> Any:
    """The result in the IR evaluator; a bool as 0 or 1."""
    machine = Machine(compiled(function), pointers=_pointer)
    return machine.call(function.symbol, *args)


def _pointer(address: int) -> Callable[..., Any]:
    from ir.layout import ACCESS

    return ACCESS.memory.function_at(address)  # type: ignore[attr-defined, no-any-return]


def run(function: NativeFunction, *args: Any, image: bytes = bytes(256)) -> Any:
    """The result, the same in every engine, and with the same bytes in memory.

    A pointer argument is given as an offset into `image`.
    """
    params, _ = signature_of(function)
    results: list[tuple[Any, bytes]] = []
    for engine in (function, lambda *a: evaluate(function, *a)):
        with SimulatedMemory.installed(4096) as memory:
            memory.write(memory.base, image)
            given = [memory.base + a if isinstance(p, Ptr) else a for p, a in zip(params, args)]
            result = engine(*given)
            result = result.addr - memory.base if isinstance(result, Ptr) else result
            if (
                isinstance(signature_of(function)[1], Ptr)
                and isinstance(result, int)
                and engine is not function
            ):
                result -= memory.base
            results.append((result, memory.read(memory.base, len(image))))
    (first, before), (second, after) = results
    assert same_value(first, second), f"simulated {first!r}, evaluated {second!r}"
    assert before == after, "memory differs"
    return first


def wrap(type_: Scalar, value: Any) -> Any:
    return type_(value)
