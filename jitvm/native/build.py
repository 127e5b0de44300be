"""Builds the VM image: every registered function to IR, to machine code, linked into one block.

    linked, pieces = build({})
    linked.symbols["tab_get"].offset

Functions whose IR has not changed since the last build are taken from the cache.  The result is position
independent but for the few places in `absolute`, which hold addresses of symbols.  Handlers come first, in
the order of their bytecodes.
"""

from __future__ import annotations

import hashlib
import importlib
import pkgutil
from typing import Any

from jitvm.native import cache, registry
from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.linked import Linked, Symbol
from jitvm.native.modules import PACKAGES
from jitvm.native.stubs import ENTER_SIGNATURE, stubs

ALIGNMENT = 16
INT3 = b"\xcc"


#: A compiled function: bytes, relocations as (offset, kind, symbol).
Piece = tuple[bytes, list[tuple[int, str, str]]]


def import_all() -> None:
    """Imports every module with native functions."""
    for package in PACKAGES:
        found = importlib.import_module(package)
        for module in pkgutil.walk_packages(found.__path__, f"{package}."):
            importlib.import_module(module.name)


def build(known: dict[str, Piece]) -> tuple[Linked, dict[str, Piece]]:
    """The image of everything registered, and its functions by digest.  `known` may save work."""
    import_all()
    used: dict[str, Piece] = {}
    pieces: dict[str, Piece] = {}
    functions = ordered()
    for name, function in functions.items():
        digest, piece = _compile(function, known)
        used[digest] = pieces[name] = piece
    for name, (data, relocs) in stubs().items():
        pieces[name] = data, [(offset, "rel", symbol) for offset, symbol in relocs]
    return link(pieces, functions), used


def ordered() -> dict[str, NativeFunction]:
    """Every function by symbol: handlers of bytecodes in order, then all others as they stand in the sources.

    Whichever modules a process imported first, it builds the same image: a kept heap holds its addresses."""
    by_code = sorted((int(key), f) for key, f in registry.HANDLERS.items() if not isinstance(key, str))
    found = {function.symbol: function for _, function in by_code}
    for function in sorted(registry.symbols().values(), key=_place):
        found.setdefault(function.symbol, function)
    return {name: function for name, function in found.items() if function.kind is not Kind.STUB}


def _place(function: NativeFunction) -> tuple[str, int, str]:
    file, _, line = _relative(function.source).rpartition(":")
    return file, int(line or 0), function.symbol


def _compile(function: NativeFunction, known: dict[str, Piece]) -> tuple[str, Piece]:
    from ir.printer import print_function
    from jitvm.native.lower import lower_function

    lowered = lower_function(function)
    lowered.source = ""  # Where it stands in a file does not matter to its code.
    digest = hashlib.blake2b(print_function(lowered).encode(), digest_size=16).hexdigest()
    if digest in known:
        return digest, known[digest]
    from x64.compile import compile_function

    code = compile_function(lowered)
    relocs = [
        (reloc.offset, "abs" if reloc.kind.value == "abs64" else "rel", reloc.symbol) for reloc in code.relocs
    ]
    return digest, (code.data, relocs)


def link(pieces: dict[str, Piece], functions: dict[str, NativeFunction]) -> Linked:
    """Lays the pieces out and resolves what refers to other pieces."""
    offsets: dict[str, int] = {}
    code = bytearray()
    for name, (data, _) in pieces.items():
        code += INT3 * (-len(code) % ALIGNMENT)
        offsets[name] = len(code)
        code += data
    absolute: list[tuple[int, int]] = []
    for name, (_, relocs) in pieces.items():
        for offset, kind, target in relocs:
            assert target in offsets, f"{name} refers to {target}, which is not in the image"
            place = offsets[name] + offset
            if kind == "abs":
                absolute.append((place, offsets[target]))
            else:
                distance = offsets[target] - (place + 4)
                code[place : place + 4] = distance.to_bytes(4, "little", signed=True)
    symbols = {}
    for name, (data, _) in pieces.items():
        function = functions.get(name)
        signature, source = _signature(name, function), function.source if function else ""
        symbols[name] = Symbol(offsets[name], len(data), signature, _relative(source))
    by_key = sorted(registry.HANDLERS.items(), key=lambda item: str(item[0]))
    handlers = {key: f.symbol for key, f in by_key if f.symbol in offsets}
    return Linked(bytes(code), symbols, handlers, absolute)


def _relative(source: str) -> str:
    return source.removeprefix(f"{cache.ROOT}/")


def _signature(name: str, function: NativeFunction | None) -> str:
    """How `x64/foreign.py` spells it; empty for what follows the handler convention."""
    if function is None:
        return ENTER_SIGNATURE if name == "vm_enter" else ""
    if function.kind is not Kind.NATIVE:
        return ""
    from jitvm.native.scope import signature_of
    from jitvm.native.types import VOID

    params, result = signature_of(function)
    return "".join(map(_letter, params)) + ">" + ("v" if result is VOID else _letter(result))


def _letter(type_: Any) -> str:
    from ir.types import IRType
    from jitvm.native.types import ir_type

    letters = {IRType.INT: "i", IRType.U32: "I", IRType.I64: "q", IRType.NUM: "d"}
    return letters.get(ir_type(type_), "Q")
