"""Optimisation flags, by the names of `-O`.

`-O3` is all of `ALL`; the levels are LuaJIT's.  `-O-fold` clears one flag, `-O+fold` sets it.
"""

from __future__ import annotations

from enum import IntFlag


class OptFlag(IntFlag):
    """One bit per optimisation, in the order `-O` lists them."""

    FOLD = 1
    CSE = 2
    DCE = 4
    FWD = 8
    DSE = 16
    NARROW = 32
    LOOP = 64
    ABC = 128
    SINK = 256
    FUSE = 512


ALL = OptFlag(1023)
LEVELS = (
    OptFlag(0),
    OptFlag.FOLD | OptFlag.CSE | OptFlag.DCE,
    OptFlag.FOLD | OptFlag.CSE | OptFlag.DCE | OptFlag.NARROW | OptFlag.LOOP,
    ALL,
)
