"""Machine types and struct layouts: field offsets from annotated classes.

One declaration serves the native compiler (field offsets and access widths), the trace compiler (FLOAD
offsets), and Python code that looks at the heap (`Ptr` reads and writes memory through `MEMORY`).

    class Node(Struct):
        key: i64
        next: Ptr["Node"]

    offset_of(Node, "next") == 8

Fields follow each other in the order written, naturally aligned.  `at=` in the class line overlays fields on
a given offset (unions); `size=` rounds the struct up.
"""

from __future__ import annotations

import struct as _struct
import sys

from ir.types import IRType

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ClassVar, Protocol

    #: The offset of a field, and what reads and writes it at an address.
    Accessor = tuple[int, Callable[[int], Any], Callable[[int, Any], None]]

    class Memory(Protocol):
        """Where `Ptr` reads and writes: a simulated heap image or the process's own memory."""

        def read(self, address: int, size: int) -> bytes: ...
        def write(self, address: int, data: bytes) -> None: ...


class _Unset:
    """Installed until a heap exists, so that a stray access says what is wrong."""

    def read(self, address: int, size: int) -> bytes:
        raise AssertionError(f"no memory is installed, read of {size} bytes at {address:#x}")

    def write(self, address: int, data: bytes) -> None:
        raise AssertionError(f"no memory is installed, write of {len(data)} bytes at {address:#x}")


class _Access:
    """The memory in use.  Simulation and tests replace `memory`; the process's own memory is the default."""

    memory: Memory = _Unset()


ACCESS = _Access()


class Scalar:
    """A machine type.  Calling it is the cast: it wraps when simulated, and compiles to a MOV at most."""

    def __init__(self, name: str, fmt: str, ir: IRType) -> None:
        self.name, self.fmt, self.ir = name, fmt, ir
        self.size = _struct.calcsize(fmt)
        self.signed = fmt[-1].islower()

    def __repr__(self) -> str:
        return self.name

    def __call__(self, value: Any) -> Any:
        if self.fmt == "<d":
            return float(value)
        whole = _truncated(value, self) if isinstance(value, float) else int(value)
        number = whole & ((1 << (8 * self.size)) - 1)
        if self.signed and number >> (8 * self.size - 1):
            number -= 1 << (8 * self.size)
        return number


def _truncated(value: float, to: Scalar) -> int:
    """CVTTSD2SI: what does not fit becomes the lowest integer.  Only i32 converts in 32 bits."""
    limit = 2.0**31 if to.fmt == "<i" else 2.0**63
    return int(value) if -limit - 1 < value < limit and int(value) >= -limit else -int(limit)


i8, u8 = Scalar("i8", "<b", IRType.I8), Scalar("u8", "<B", IRType.U8)
i16, u16 = Scalar("i16", "<h", IRType.I16), Scalar("u16", "<H", IRType.U16)
i32, u32 = Scalar("i32", "<i", IRType.INT), Scalar("u32", "<I", IRType.U32)
i64, u64 = Scalar("i64", "<q", IRType.I64), Scalar("u64", "<Q", IRType.U64)
f64 = Scalar("f64", "<d", IRType.NUM)


class Array:
    """`Array[T, n]`: n elements in place; the field's value is the address of the first."""

    def __init__(self, to: Any, count: int) -> None:
        self.to, self.count = to, count

    def __class_getitem__(cls, item: tuple[Any, int]) -> Array:
        return cls(*item)


class FnPtr:
    """`FnPtr[[arg types], result]`: the type of a field that holds a System V function's address."""

    def __init__(self, args: list[Any], result: Any) -> None:
        self.args, self.result = tuple(args), result

    def __class_getitem__(cls, item: tuple[list[Any], Any]) -> FnPtr:
        return cls(*item)


class Struct:
    """Subclass with annotations; `fields` maps a name to (offset, type)."""

    fields: ClassVar[dict[str, tuple[int, Any]]]
    size: ClassVar[int]
    accessors: ClassVar[_Accessors]
    _spec: ClassVar[tuple[int, dict[str, int]]]

    def __init_subclass__(cls, size: int = 0, at: dict[str, int] | None = None) -> None:
        cls._spec = (size, at or {})
        cls.accessors = _Accessors(cls)

    @classmethod
    def layout(cls) -> dict[str, tuple[int, Any]]:
        """Resolved lazily, because pointers may name structs declared later."""
        if "fields" not in cls.__dict__:
            cls._resolve()
        return cls.fields

    @classmethod
    def sizeof(cls) -> int:
        cls.layout()
        return cls.size

    @classmethod
    def _resolve(cls) -> None:
        names = vars(sys.modules[cls.__module__])
        minimum, overlay = cls._spec
        fields: dict[str, tuple[int, Any]] = {}
        offset = end = 0
        for name, hint in cls.__dict__.get("__annotations__", {}).items():
            type_ = eval(hint, dict(names)) if isinstance(hint, str) else hint
            size, align = size_align(type_)
            offset = overlay.get(name, -(-offset // align) * align)
            fields[name] = (offset, type_)
            offset += size
            end = max(end, offset)
        cls.fields, cls.size = fields, max(minimum, -(-end // 8) * 8 if end > 4 else end)


class _Accessors(dict):  # type: ignore[type-arg]
    """Of the fields of a struct, made when first used: what kind of field it is need not be asked again."""

    def __init__(self, struct: type[Struct]) -> None:
        super().__init__()
        self.struct = struct

    def __missing__(self, name: str) -> Accessor:
        offset, type_ = self.struct.layout()[name]
        found = self[name] = (offset, _reader(type_), _writer(type_))
        return found


def _reader(type_: Any) -> Callable[[int], Any]:
    match type_:
        case Scalar():
            unpack, size = _struct.Struct(type_.fmt).unpack, type_.size
            return lambda address: unpack(ACCESS.memory.read(address, size))[0]
        case Ptr():
            to, from_bytes = type_.to, int.from_bytes
            return lambda address: Ptr(to, from_bytes(ACCESS.memory.read(address, 8), "little"))
        case _:
            return lambda address: load(type_, address)


def _writer(type_: Any) -> Callable[[int, Any], None]:
    if not isinstance(type_, Scalar) or type_.fmt == "<d":
        return lambda address, value: store(type_, address, value)
    size, mask = type_.size, (1 << 8 * type_.size) - 1

    def write(address: int, value: Any) -> None:
        if type(value) is not int:
            value = type_(value)
        ACCESS.memory.write(address, (value & mask).to_bytes(size, "little"))

    return write


def size_align(type_: Any) -> tuple[int, int]:
    """Size and alignment of any field type, in bytes."""
    match type_:
        case Scalar():
            return type_.size, type_.size
        case Array():
            size, align = size_align(type_.to)
            return size * type_.count, align
        case type() if issubclass(type_, Struct):
            return type_.sizeof(), 8
        case _:
            return 8, 8


def size_of(type_: Any) -> int:
    return size_align(type_)[0]


def offset_of(struct: type[Struct], name: str) -> int:
    return struct.layout()[name][0]


class Ptr:
    """A typed address.  As an annotation it is a type; with an address it reads and writes `ACCESS.memory`.

    `p.name` loads a field, `p.name = v` stores one; an embedded struct or array yields its address.
    `p[i]` loads and stores elements of a scalar or pointer; `p + n` steps by whole elements;
    `p.ref("name")` is the address of a field.
    """

    __slots__ = ("addr", "to")
    to: Any
    addr: int

    def __init__(self, to: Any, addr: int = 0) -> None:
        _SET_TO(self, to)
        _SET_ADDR(self, addr)

    def __class_getitem__(cls, to: Any) -> Ptr:
        return cls(to)

    def __call__(self, address: Any) -> Ptr:
        """`Ptr[T](x)`: reinterpret an integer or another pointer."""
        return Ptr(self.target, address.addr if isinstance(address, Ptr) else u64(address))

    @property
    def target(self) -> Any:
        """The type pointed to, forward references resolved."""
        if isinstance(self.to, str):
            _SET_TO(self, _named_struct(self.to))
        return self.to

    def __bool__(self) -> bool:
        return self.addr != 0

    def __eq__(self, other: object) -> bool:
        return self.addr == (other.addr if isinstance(other, Ptr) else (other or 0))

    def __lt__(self, other: Ptr) -> bool:
        return self.addr < other.addr

    def __le__(self, other: Ptr) -> bool:
        return self.addr <= other.addr

    def __hash__(self) -> int:
        return hash(self.addr)

    def __int__(self) -> int:
        """So that cffi takes a pointer where a function wants an address."""
        return self.addr

    def __repr__(self) -> str:
        name = self.to if isinstance(self.to, str) else getattr(self.to, "__name__", repr(self.to))
        return f"Ptr[{name}]({self.addr:#x})"

    def __add__(self, count: int) -> Ptr:
        return Ptr(self.target, self.addr + count * size_of(self.target))

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Ptr):
            return i64((self.addr - other.addr) // size_of(self.target))
        return self + -other

    def ref(self, name: str) -> Ptr:
        offset, type_ = self.target.layout()[name]
        return Ptr(type_.to if isinstance(type_, Array) else type_, self.addr + offset)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        to = self.to
        offset, read, _ = (self.target if type(to) is str else to).accessors[name]
        return read(self.addr + offset)

    def __setattr__(self, name: str, value: Any) -> None:
        offset, _, write = self.target.accessors[name]
        write(self.addr + offset, value)

    def __getitem__(self, index: int) -> Any:
        return load(self.target, self.addr + index * size_of(self.target))

    def __setitem__(self, index: int, value: Any) -> None:
        store(self.target, self.addr + index * size_of(self.target), value)


_SET_TO, _SET_ADDR = Ptr.__dict__["to"].__set__, Ptr.__dict__["addr"].__set__


def _named_struct(name: str) -> Any:
    for struct in _all_structs(Struct):
        if struct.__name__ == name:
            return struct
    raise AssertionError(f"no struct is named {name}")


def _all_structs(base: type[Struct]) -> list[type[Struct]]:
    found = []
    for sub in base.__subclasses__():
        found += [sub, *_all_structs(sub)]
    return found


class CodeAddress(int):
    """A function's address; calling it asks the memory in use for the function behind it."""

    def __call__(self, *args: Any) -> Any:
        return ACCESS.memory.function_at(self)(*args)  # type: ignore[attr-defined]


def load(type_: Any, address: int) -> Any:
    """The value of a field or element: an embedded struct or array is its address."""
    match type_:
        case Scalar():
            return _struct.unpack(type_.fmt, ACCESS.memory.read(address, type_.size))[0]
        case Ptr():
            return Ptr(type_.to, int.from_bytes(ACCESS.memory.read(address, 8), "little"))
        case FnPtr():
            return CodeAddress.from_bytes(ACCESS.memory.read(address, 8), "little")
        case Array():
            return Ptr(type_.to, address)
        case _:
            return Ptr(type_, address)


def store(type_: Any, address: int, value: Any) -> None:
    """Stores a scalar or pointer."""
    match type_:
        case Scalar():
            data = _struct.pack(type_.fmt, type_(value))
        case Ptr() | FnPtr():
            raw = value.addr if isinstance(value, Ptr) else (value or 0)
            data = raw.to_bytes(8, "little")
        case _:
            raise AssertionError(f"{type_} is stored field by field")
    ACCESS.memory.write(address, data)
