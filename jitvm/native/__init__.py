"""Native Python: typed Python functions that become the VM's machine code.

    from jitvm.native import Ptr, native, u32

    @native
    def tab_asize(t: Ptr[GCtab]) -> u32:
        return t.asize

The language is a small, statically typed part of Python: exactly the `visit_` methods of the compiler.
Everything a module of native code needs is exported here.
"""

from ir.layout import Array, FnPtr, Ptr, Struct, f64, i8, i16, i32, i64, offset_of, size_of, u8, u16, u32, u64
from jitvm.native.decorators import NativeFunction, handler, inline, native
from jitvm.native.intrinsics import (
    addr,
    bits,
    bswap,
    cast,
    ceil,
    clz32,
    ctz32,
    fabs,
    floor,
    fmax,
    fmin,
    from_bits,
    idiv,
    imod,
    likely,
    rol32,
    ror32,
    sqrt,
    trunc,
    unlikely,
)
from jitvm.native.simulate import Interp, Next
from jitvm.native.stubs import vm_leave

__all__ = [
    "Array",
    "FnPtr",
    "Interp",
    "NativeFunction",
    "Next",
    "Ptr",
    "Struct",
    "addr",
    "bits",
    "bswap",
    "cast",
    "ceil",
    "clz32",
    "ctz32",
    "f64",
    "fabs",
    "floor",
    "fmax",
    "fmin",
    "from_bits",
    "handler",
    "i8",
    "i16",
    "i32",
    "i64",
    "idiv",
    "imod",
    "inline",
    "likely",
    "native",
    "offset_of",
    "rol32",
    "ror32",
    "size_of",
    "sqrt",
    "trunc",
    "u8",
    "u16",
    "u32",
    "u64",
    "unlikely",
    "vm_leave",
]
