"""Reasons for aborts in words: with the name of the bytecode where listings have its number.

    reason_text("NYI: bytecode 51")     "NYI: bytecode FNEW"
"""

from __future__ import annotations

import re

from jitvm.front.bytecode import BC

_BYTECODE = re.compile(r"NYI: bytecode (\d+)$")
_OPS = tuple(BC)


def reason_text(reason: str) -> str:
    match = _BYTECODE.match(reason)
    if match is None or int(match[1]) >= len(_OPS):
        return reason
    return f"NYI: bytecode {_OPS[int(match[1])].name}"
