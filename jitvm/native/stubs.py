"""Entry into and exit from the interpreter loop, written in assembler; `vm_leave` is their declared face.

status = vm_enter(g, L, pc, base, kbase)    from Python through cffi
return vm.tail(vm_leave, 0, status)         in a handler
"""

from __future__ import annotations

from jitvm.native.decorators import Kind, NativeFunction
from jitvm.native.simulate import Interp, Leave, Next


def _vm_leave(vm: Interp, ra: int, rd: int) -> Next:
    raise Leave(rd - (1 << 64) if rd >> 63 else rd)


_vm_leave.__name__ = "vm_leave"
#: Handler convention: ends the innermost `vm_enter`, which returns `rd`.
vm_leave = NativeFunction(_vm_leave, Kind.STUB)  # type: ignore[arg-type]
