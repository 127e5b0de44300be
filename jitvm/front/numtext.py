"""Numbers as `tostring` shows them: fourteen significant digits.

As C's "%.14g", but a value exactly half way between two results is rounded away from zero, as LuaJIT does:

    12345678901234.5  ->  12345678901235        (C: 12345678901234)
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Context

DIGITS = 14
EXACT_BELOW = 1e14
_ROUNDING = Context(prec=DIGITS, rounding=ROUND_HALF_UP, Emin=-9999, Emax=9999)


def number_text(value: float) -> bytes:
    if value != value:
        return b"nan"
    if math.isinf(value):
        return b"inf" if value > 0 else b"-inf"
    if -EXACT_BELOW < value < EXACT_BELOW and value == int(value):
        return b"%.14g" % value
    # With so few digits the decimal survives being a double again.
    return b"%.14g" % float(_ROUNDING.create_decimal_from_float(value))
