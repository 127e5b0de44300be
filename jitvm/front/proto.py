"""Prototypes: what the front end makes of a function, and all that later stages read.

    compile_chunk(b"local x = 1.5; return x", b"=demo")

    bytecode   [FUNCV.., KNUM 0 0, RET1 0 2]      header at index 0, 32-bit words
    knum       [1.5]                              D of KNUM indexes it
    kgc        []                                 D of KSTR, FNEW, TDUP, GGET and KCDATA indexes it
    varinfo    [VarInfo(b"x", 2, 3)]              live for startpc <= pc < endpc

Invariants: `kgc` and `knum` are in order of first use, as LuaJIT's; children come before the functions that
create them in every listing; a prototype never changes after the front end returns it.
Not here: anything of the running program (closures, hot counts, patched bytecodes).

No data classes: making those takes longer than compiling most scripts.
"""

from __future__ import annotations

UPVALUE_LOCAL = 0x8000      # the descriptor names a slot of the parent, not one of its upvalues
UPVALUE_IMMUTABLE = 0x4000  # never assigned after its initialisation
assert UPVALUE_LOCAL & UPVALUE_IMMUTABLE == 0


class ProtoFlag:
    """Properties of a prototype, with LuaJIT's bits.  The last two live only while it is built.

    Plain integers, not an enumeration: they are combined for every function and every return."""

    NONE = 0
    CHILD = 0x01          # creates closures
    VARARG = 0x02
    FFI = 0x04            # it or a child has 64-bit or complex constants
    NOJIT = 0x08
    ILOOP = 0x10
    HAS_RETURN = 0x20
    FIXUP_RETURN = 0x40


BUILD_FLAGS = ProtoFlag.HAS_RETURN | ProtoFlag.FIXUP_RETURN

Constant = bool | float | bytes | None


class VarInfo:
    """A local variable and the range of bytecodes in which it lives."""

    __slots__ = ("endpc", "name", "startpc")

    def __init__(self, name: bytes, startpc: int, endpc: int) -> None:
        self.name = name
        self.startpc = startpc
        self.endpc = endpc

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VarInfo) and other._key() == self._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"VarInfo{self._key()}"

    def _key(self) -> tuple[bytes, int, int]:
        return self.name, self.startpc, self.endpc


class TemplateTable:
    """The constant part of a table constructor, copied by TDUP.

    A key of `hash` whose value is None reserves a node: the bytecode after TDUP stores there."""

    __slots__ = ("array", "asize", "hash", "hbits")

    def __init__(self) -> None:
        self.array: list[Constant] = []
        self.hash: list[tuple[Constant, Constant]] = []
        self.asize = 0
        self.hbits = 0

    def __repr__(self) -> str:
        return f"TemplateTable({self.array}, {self.hash}, asize={self.asize}, hbits={self.hbits})"


class CDataConst:
    """A literal with suffix LL, ULL or i.  Each literal is an object of its own."""

    __slots__ = ("kind", "value")

    def __init__(self, kind: str, value: int | float) -> None:
        self.kind = kind     # "int64", "uint64", "complex"
        self.value = value   # for complex: the imaginary part

    def __repr__(self) -> str:
        return f"CDataConst({self.kind!r}, {self.value!r})"


class Prototype:
    """A function of the source text."""

    __slots__ = ("bytecode", "chunkname", "firstline", "flags", "framesize", "kgc", "knum", "lines",
                 "numline", "numparams", "upvalues", "uvnames", "varinfo")

    def __init__(self, *, bytecode: list[int], kgc: list[KGC], knum: list[float], upvalues: list[int],
                 uvnames: list[bytes], lines: list[int], varinfo: list[VarInfo], numparams: int,
                 framesize: int, flags: int, firstline: int, numline: int, chunkname: bytes) -> None:
        self.bytecode = bytecode
        self.kgc = kgc
        self.knum = knum
        self.upvalues = upvalues
        self.uvnames = uvnames
        self.lines = lines
        self.varinfo = varinfo
        self.numparams = numparams
        self.framesize = framesize
        self.flags = flags
        self.firstline = firstline
        self.numline = numline
        self.chunkname = chunkname

    def __repr__(self) -> str:
        return f"<Prototype {self.chunkname!r}:{self.firstline}>"

    @property
    def lastline(self) -> int:
        return self.firstline + self.numline

    @property
    def children(self) -> list[Prototype]:
        """The prototypes of closures this one creates, in listing order."""
        return [constant for constant in self.kgc if isinstance(constant, Prototype)]


KGC = bytes | Prototype | TemplateTable | CDataConst
