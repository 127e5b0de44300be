"""One native function in all engines: simulated, evaluated as IR, and as machine code."""

from __future__ import annotations

import ctypes
import itertools
import linecache
import math
from collections.abc import Callable
from random import Random
from types import FunctionType
from typing import Any

import jitvm.native
from ir.interp import Machine
from ir.layout import Ptr
from ir.parser import parse_function
from ir.printer import print_function
from ir.values import Function
from jitvm.native.build import link
from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.image import Image, place
from jitvm.native.lower import lower_function
from jitvm.native.scope import signature_of, tree_of
from jitvm.native.simulate import SimulatedMemory
from jitvm.native.tree import Call, walk
from x64.area import Area
from x64.compile import compile_function

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


def machine_code(function: NativeFunction, random: Random | None = None) -> Callable[..., Any]:
    """The function and all it calls, compiled and placed in executable memory; `random` picks registers."""
    pieces = {}
    for name, lowered in compiled(function).items():
        code = compile_function(lowered, None, random)
        relocs = [(r.offset, "abs" if r.kind.value == "abs64" else "rel", r.symbol) for r in code.relocs]
        pieces[name] = code.data, relocs
    image = place(link(pieces, {function.symbol: function}), AREA)
    AREAS.append(image)
    return image.callable(function.symbol)


AREA = Area(limit=1 << 26)
AREAS: list[Image] = []  # Code stays where it is while anything may call it.


def in_image(
    function: NativeFunction, engine: Callable[..., Any], args: tuple[Any, ...], image: bytes
) -> Any:
    """Result and memory afterwards, of a run on a simulated image."""
    params, _ = signature_of(function)
    with SimulatedMemory.installed(4096) as memory:
        memory.write(memory.base, image)
        result = engine(*[memory.base + a if isinstance(p, Ptr) else a for p, a in zip(params, args)])
        return relative(function, result, memory.base), memory.read(memory.base, len(image))


def in_process(
    function: NativeFunction, code: Callable[..., Any], args: tuple[Any, ...], image: bytes
) -> Any:
    """Result and memory afterwards, of machine code on the process's own memory."""
    params, _ = signature_of(function)
    buffer = ctypes.create_string_buffer(image, 4096)
    base = ctypes.addressof(buffer)
    result = code(*[base + a if isinstance(p, Ptr) else a for p, a in zip(params, args)])
    return relative(function, result, base), buffer.raw[: len(image)]


def relative(function: NativeFunction, result: Any, base: int) -> Any:
    """A pointer as the offset it is into the image."""
    if not isinstance(signature_of(function)[1], Ptr):
        return result
    return (result.addr if isinstance(result, Ptr) else result) - base


def run(function: NativeFunction, *args: Any, image: bytes = bytes(256), random: Random | None = None) -> Any:
    """The result, the same in every engine, and with the same bytes in memory.

    A pointer argument is given as an offset into `image`.  With `random`, any legal register may be picked.
    """
    result, memory = in_image(function, function, args, image)
    evaluated, after = in_image(function, lambda *a: evaluate(function, *a), args, image)
    assert same_value(result, evaluated), f"simulated {result!r}, evaluated {evaluated!r}"
    assert memory == after, "memory differs between simulation and evaluation"
    native, after = in_process(function, machine_code(function, random), args, image)
    assert same_value(result, native), f"simulated {result!r}, machine code {native!r}"
    assert memory == after, "memory differs between simulation and machine code"
    return result
