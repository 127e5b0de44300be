"""Places and reasons as listings write them."""

from __future__ import annotations

import re

from ir.abort import TraceError
from jitvm.model.objects import Place

_PLACE = re.compile(r"(.*):(-?\d{1,18})$", re.DOTALL)
_REASONS = {
    error.text if "%" not in error.text else error.text.split("%")[0]: int(error) for error in TraceError
}


def place(text: str) -> Place:
    """File and line, or the name of a builtin."""
    match = _PLACE.match(text)
    if match is None or text.startswith("C:") or str(int(match[2])) != match[2]:
        return Place(text)
    return Place(match[1], int(match[2]))


def reason_code(reason: str) -> int | None:
    """LuaJIT's number of a reason for an abort."""
    exact = _REASONS.get(reason)
    if exact is not None:
        return exact
    for text, code in _REASONS.items():
        if text.endswith(" ") and reason.startswith(text):
            return code
    return None
