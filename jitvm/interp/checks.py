"""ISTYPE and ISNUM on a value of another type: library functions written in Lua check their arguments so.

As for library functions in general, a string that spells a number becomes one where a number is expected,
and a number becomes its text where a string is; anything else is a bad argument.
"""

from __future__ import annotations

from jitvm.interp.frames import sync
from jitvm.interp.throw import vm_builtin_failed
from jitvm.native import Interp, Next, handler, u32, u64
from jitvm.runtime.errcodes import BAD_FUNCTION, BAD_NUMBER, BAD_STRING, BAD_TABLE
from jitvm.runtime.number import str_tonum
from jitvm.runtime.string import num_tostr
from jitvm.runtime.value import is_number, is_str, set_str, str_of

#: Operand D of the checks: ~tag + 1.
CHECK_STR, CHECK_FUNC, CHECK_NUM = 5, 9, 15


@handler()
def slow_type(vm: Interp, ra: u64, rd: u64) -> Next:
    """Slot `ra`, an argument of the running function, is not of the type that `rd` stands for."""
    g = vm.g
    slot = vm.base + ra
    if rd == CHECK_NUM and is_str(slot) and str_tonum(g, str_of(slot), slot) != 0:
        return vm.next()
    if rd == CHECK_STR and is_number(slot):
        set_str(slot, num_tostr(g, slot))
        return vm.next()
    sync(g, vm.base)
    g.errarg = u32(ra) + 1
    g.errcode = BAD_TABLE
    if rd == CHECK_NUM:
        g.errcode = BAD_NUMBER
    elif rd == CHECK_STR:
        g.errcode = BAD_STRING
    elif rd == CHECK_FUNC:
        g.errcode = BAD_FUNCTION
    return vm.tail(vm_builtin_failed, 0, 0)
