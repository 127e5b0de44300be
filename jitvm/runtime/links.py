"""Frame links: the slot below a frame's base says where the frame below is.

The link of a frame that a Lua function called is the return address; any other is the distance to the frame
below in bytes, with the kind of frame (`Frame`) in its low three bits.

         base-2  base-1   base ...            base+framesize
    ... [func  | link  ] [slots of this frame ... ] [func | link] [slots of its callee]

The frame of a vararg function's fixed parameters and locals lies above another of the same function, which
holds the variable arguments: its link is a distance too.
"""

from __future__ import annotations

from ir.objects import Frame, TValue
from jitvm.native import Ptr, addr, inline, u32, u64

#: Bits of a link that are the kind of the frame.
KIND = 7
#: Of those, the bits that are 0 only in a return address.
NOT_LUA = 3
VARG, C, CP, CONT = int(Frame.VARG), int(Frame.C), int(Frame.CP), int(Frame.CONT)
PCALL, PCALLH = int(Frame.PCALL), int(Frame.PCALLH)
assert int(Frame.LUA) & NOT_LUA == int(Frame.LUAP) & NOT_LUA == 0


@inline
def call_operand_a(pc: Ptr[u32]) -> u32:
    """Operand A of the call that a return address belongs to."""
    return (pc - 1)[0] >> 8 & 0xFF


@inline
def below_lua(base: Ptr[TValue], link: u64) -> Ptr[TValue]:
    """The frame of the Lua function that `link` returns to."""
    return base - 2 - call_operand_a(Ptr[u32](link))


@inline
def below_other(base: Ptr[TValue], link: u64) -> Ptr[TValue]:
    """The frame at the distance that `link` is."""
    return Ptr[TValue](addr(base) - (link & ~u64(KIND)))


@inline
def below_vararg(base: Ptr[TValue]) -> Ptr[TValue]:
    """The frame that the caller knows: that of the variable arguments, if there is one."""
    return below_other(base, (base - 1).bits) if (base - 1).bits & KIND == VARG else base
