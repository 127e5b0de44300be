"""pcall and xpcall: frames in the Lua stack, not calls in C.

    base-2 base-1  base     base+1       base+2 ...            pcall(f, ...)
    [pcall  link ] [f       2*8|PCALL]   [arguments of f ...]

    [xpcall link ] [handler  f  3*8|PCALL] [arguments ...]     xpcall(f, handler, ...)

Returning through the link adds `true` (`returns.py`); an error that arrives there adds `false` (`throw.py`).
"""

from __future__ import annotations

from jitvm.interp.calls import vm_call, vm_grow
from jitvm.interp.frames import is_function
from jitvm.interp.headers import Header
from jitvm.interp.throw import PCALL_LINK, XPCALL_LINK, vm_builtin_failed
from jitvm.native import Interp, Next, addr, handler, u32, u64, unlikely
from jitvm.runtime.errcodes import BAD_FUNCTION, BAD_VALUE
from jitvm.runtime.state import EXTRA

#: Of the slots beyond the limit, those that arguments may be moved to: then the called function finds the
#: stack full, and this one catches it.  Of the three that are left, a `__call` may take one.
SPARE = EXTRA - 3


@handler(Header.PCALL)
def header_pcall(vm: Interp, ra: u64, rd: u64) -> Next:
    base = vm.base
    g = vm.g
    if unlikely(base + rd > g.cur.maxstack + SPARE):
        return vm.tail(vm_grow, ra, rd)
    g.cur.top = base + (rd - 1)
    if unlikely(rd < 2):
        return vm.tail(vm_bad_argument, BAD_VALUE, 1)
    slot = base + (rd - 1)
    while slot > base + 1:
        slot.bits = (slot - 1).bits
        slot = slot - 1
    (base + 1).bits = PCALL_LINK
    return vm.tail(vm_call, addr(base + 2), rd - 1)


@handler(Header.XPCALL)
def header_xpcall(vm: Interp, ra: u64, rd: u64) -> Next:
    base = vm.base
    g = vm.g
    if unlikely(base + rd > g.cur.maxstack + SPARE):
        return vm.tail(vm_grow, ra, rd)
    g.cur.top = base + (rd - 1)
    if unlikely(rd < 2):
        return vm.tail(vm_bad_argument, BAD_VALUE, 1)
    catcher = (base + 1).sbits
    if unlikely(rd < 3 or not is_function(catcher)):
        return vm.tail(vm_bad_argument, BAD_FUNCTION, 2)
    slot = base + (rd - 1)
    while slot > base + 2:
        slot.bits = (slot - 1).bits
        slot = slot - 1
    (base + 1).bits = base.bits
    base.sbits = catcher
    (base + 2).bits = XPCALL_LINK
    return vm.tail(vm_call, addr(base + 3), rd - 2)


@handler()
def vm_bad_argument(vm: Interp, ra: u64, rd: u64) -> Next:
    """Argument `rd` of the library function at `base` is not what `ra` says."""
    g = vm.g
    g.cur.base = vm.base
    g.errcode = u32(ra)
    g.errarg = u32(rd)
    return vm.tail(vm_builtin_failed, 0, 0)
