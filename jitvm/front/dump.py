"""Bytecode files, written: LuaJIT's format, byte for byte what its own `string.dump` writes, but for the
order of hashed constants.

    ESC L J version flags [name]  prototype ... 0           innermost functions first

    prototype   length, then flags params frame-size upvalues, counts, bytecode without its header,
                upvalue descriptors, collectable constants (last first), numbers, debug information

    >>> dump(compile_chunk(b"return 1", b"=x"), strip=True)[:5]
    b'\\x1bLJ\\x02\\n'

Numbers are ULEB128 unless their size is fixed.  A child is written before the function that creates it, so a
reader finds children on a stack.
"""

from __future__ import annotations

import struct

from jitvm.front.proto import CDataConst, Constant, ProtoFlag, Prototype, TemplateTable, VarInfo

HEAD, VERSION = b"\x1bLJ", 2
F_BE, F_STRIP, F_FFI, F_FR2 = 1, 2, 4, 8
KGC_CHILD, KGC_TAB, KGC_I64, KGC_U64, KGC_COMPLEX, KGC_STR = range(6)
KTAB_NIL, KTAB_FALSE, KTAB_TRUE, KTAB_INT, KTAB_NUM, KTAB_STR = range(6)
#: Local variables of loops have numbers instead of names.
VARNAMES = (b"(for index)", b"(for limit)", b"(for step)", b"(for generator)", b"(for state)",
            b"(for control)")  # fmt: skip
PROTO_FLAGS = ProtoFlag.CHILD | ProtoFlag.VARARG | ProtoFlag.FFI


def uleb(value: int) -> bytes:
    """Seven bits a byte, lowest first."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def dump(proto: Prototype, *, strip: bool) -> bytes:
    """The file of a function and everything in it."""
    flags = F_FR2 | (F_STRIP if strip else 0) | (F_FFI if proto.flags & ProtoFlag.FFI else 0)
    out = [HEAD, bytes((VERSION, flags))]
    if not strip:
        out.append(uleb(len(proto.chunkname)) + proto.chunkname)
    _prototype(out, proto, strip)
    out.append(b"\0")
    return b"".join(out)


def _prototype(out: list[bytes], proto: Prototype, strip: bool) -> None:
    for child in proto.children:
        _prototype(out, child, strip)
    debug = b"" if strip else _debug(proto)
    head = bytes((proto.flags & PROTO_FLAGS, proto.numparams, proto.framesize, len(proto.upvalues)))
    count = len(proto.bytecode) - 1
    head += uleb(len(proto.kgc)) + uleb(len(proto.knum)) + uleb(count)
    if not strip:
        head += uleb(len(debug))
        if debug:
            head += uleb(proto.firstline) + uleb(proto.numline)
    body = head + b"".join(
        (
            struct.pack(f"<{count}I", *proto.bytecode[1:]),
            struct.pack(f"<{len(proto.upvalues)}H", *proto.upvalues),
            *[_kgc(constant) for constant in reversed(proto.kgc)],
            *[_knum(number) for number in proto.knum],
            debug,
        )
    )
    out += [uleb(len(body)), body]


def _kgc(constant: object) -> bytes:
    match constant:
        case bytes():
            return uleb(KGC_STR + len(constant)) + constant
        case Prototype():
            return uleb(KGC_CHILD)
        case TemplateTable():
            return uleb(KGC_TAB) + _template(constant)
        case CDataConst(kind="complex"):
            return uleb(KGC_COMPLEX) + _words(0.0) + _words(float(constant.value))
        case CDataConst():
            value = int(constant.value) & (1 << 64) - 1
            kind = KGC_I64 if constant.kind == "int64" else KGC_U64
            return uleb(kind) + uleb(value & 0xFFFFFFFF) + uleb(value >> 32)
        case _:
            raise AssertionError(f"no constant of a prototype: {constant!r}")


def _words(number: float) -> bytes:
    lo, hi = struct.unpack("<II", struct.pack("<d", number))
    return uleb(lo) + uleb(hi)


def _is_int(number: float) -> bool:
    return -0x80000000 <= number <= 0x7FFFFFFF and number == int(number)


def _knum(number: float) -> bytes:
    """One bit more tells integers from doubles."""
    if _is_int(number):
        return uleb((int(number) & 0xFFFFFFFF) << 1)
    lo, hi = struct.unpack("<II", struct.pack("<d", number))
    return uleb(lo << 1 | 1) + uleb(hi)


def _template(table: TemplateTable) -> bytes:
    array = list(table.array)
    while array and array[-1] is None:
        array.pop()
    entries = [(key, value) for key, value in table.hash if value is not None]
    out = uleb(len(array)) + uleb(len(entries))
    out += b"".join([_element(value, as_int=True) for value in array])
    return out + b"".join([_element(k, as_int=False) + _element(v, as_int=True) for k, v in entries])


def _element(value: Constant, *, as_int: bool) -> bytes:
    match value:
        case None:
            return uleb(KTAB_NIL)
        case bool():
            return uleb(KTAB_TRUE if value else KTAB_FALSE)
        case bytes():
            return uleb(KTAB_STR + len(value)) + value
        case _:
            if as_int and _is_int(value):
                return uleb(KTAB_INT) + uleb(int(value) & 0xFFFFFFFF)
            return uleb(KTAB_NUM) + _words(value)


def line_format(numline: int) -> str:
    """Lines are kept relative to the first, in as few bytes as will do."""
    return "B" if numline < 256 else "H" if numline < 65536 else "I"


def _debug(proto: Prototype) -> bytes:
    if not proto.lines:
        return b""
    deltas = [line - proto.firstline for line in proto.lines[1 : len(proto.bytecode)]]
    lines = struct.pack(f"<{len(deltas)}{line_format(proto.numline)}", *deltas)
    names = b"".join([name + b"\0" for name in proto.uvnames])
    return lines + names + _variables(proto.varinfo)


def _variables(varinfo: list[VarInfo]) -> bytes:
    out, last = bytearray(), 0
    for info in varinfo:
        out += bytes((VARNAMES.index(info.name) + 1,)) if info.name in VARNAMES else info.name + b"\0"
        out += uleb(info.startpc - last) + uleb(info.endpc - info.startpc)
        last = info.startpc
    return bytes(out) + b"\0"
