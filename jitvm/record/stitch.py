"""Stitching: a trace ends at a library function that is not compiled, and another one goes on after it.

The trace leaves to the interpreter with a continuation frame below the function's own, and the interpreter
runs the function. When it returns, the continuation enters the next trace, or has one recorded
(`jitvm/interp/stitch.py`).

    [func|link] [args]      =>      [trace|cont|pc] [func|link] [args]
"""

from __future__ import annotations

from ir.abort import Abort, TraceError
from ir.objects import Frame
from ir.trace import LinkType
from jitvm.interp.headers import Header
from jitvm.record.recorder import CONT, FRAME, Recorder
from jitvm.record.view import number_of

#: Slots of the continuation.
CONT_SLOTS = 3
#: Names the continuation.
STITCH_CONT = int(Header.CONT_STITCH)
SERIAL_SHIFT = 16


def stitch(rec: Recorder) -> None:
    """End the trace at the call of the running library function."""
    view, b = rec.view, rec.builder
    if len(rec.cur.snaps) >= rec.limits.maxsnap:
        raise Abort(TraceError.SNAPOV)
    count = rec.maxslot + 2
    frame = view.base - 8
    pc, below = view.link(frame), view.frame_prev(frame)
    saved = view.slots(-2, count)
    # The snapshot is taken of the real stack, so the continuation must be there for that long.
    for index, value in enumerate(saved):
        view.set_slot(1 + index, value)
    view.set_slot(2, frame + 8 * CONT_SLOTS - below | Frame.CONT)
    view.set_slot(0, pc)
    view.base += 8 * CONT_SLOTS
    view.top += 8 * CONT_SLOTS
    first = rec.baseslot - 2
    rec.move_slots(first + CONT_SLOTS, first, count)
    rec.put(2, None, FRAME)
    rec.put(-2, b.ktrace(number_of(rec.cur.serial << SERIAL_SHIFT | rec.cur.number)))
    rec.put(-1, b.knum(number_of(STITCH_CONT)))
    rec.put(0, b.knum(number_of(pc)), CONT)
    rec.baseslot += CONT_SLOTS
    rec.framedepth += 1
    try:
        rec.stop(LinkType.STITCH, 0)
    finally:
        view.base -= 8 * CONT_SLOTS
        view.top -= 8 * CONT_SLOTS
        for index, value in enumerate(saved):
            view.set_slot(index - 2, value)
