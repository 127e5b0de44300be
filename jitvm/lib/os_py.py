"""os.*: processes, files by name, time, locale.  The C library does the work, as it does for LuaJIT."""

from __future__ import annotations

import atexit
import os
import struct
import time

from jitvm.lib.call_py import Call, Results, Slot, function
from jitvm.lib.io_py import outcome
from jitvm.runtime.files import libc
from jitvm.runtime.value import FALSE, NIL, TRUE
from jitvm.runtime.values import KIND_STR, NUMBER_FROM, kind_of, number_of, parse_number
from x64.foreign import bytes_in, room, text_at

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from typing import Any

TEMPORARY = b"/tmp/lua_XXXXXX"
#: struct tm: nine integers, then what the C library keeps there.
TM_SIZE, TM_NUMBERS = 56, struct.Struct("<9i")
TM_FIELDS = ("sec", "min", "hour", "day", "month", "year", "wday", "yday")
#: What is added to the fields of struct tm.
TM_OFFSETS = (0, 0, 0, 0, 1, 1900, 1, 1)
#: Fields that os.time reads, in the order of struct tm and in the order LuaJIT asks for them.
TIME_DEFAULTS = {"sec": 0, "min": 0, "hour": 12, "day": None, "month": None, "year": None}
LOCALE = {b"ctype": 0, b"numeric": 1, b"time": 2, b"collate": 3, b"monetary": 4, b"all": 6}
FAILED_TIME = -1


# Processes.


@function("os.execute")
def os_execute(call: Call) -> Results:
    if call.is_absent(1):
        return (libc("system", "Q>i")(0),)
    return (libc("system")(call.c_string(1)),)


@function("os.exit")
def os_exit(call: Call) -> Results:
    if call.bits(1) in (TRUE, FALSE):
        status = int(call.bits(1) == FALSE)
    else:
        status = call.integer(1, 0)
    if call.is_true(2):
        call.runtime.close()
    atexit._run_exitfuncs()  # Listings in files, and recordings.
    libc("fflush")(0)
    os._exit(status & 0xFF)


@function("os.getenv")
def os_getenv(call: Call) -> Results:
    return (os.environb.get(call.c_string(1)),)


# Files by name.


@function("os.remove")
def os_remove(call: Call) -> Results:
    name = call.c_string(1)
    return outcome(libc("remove")(name) == 0, name)


@function("os.rename")
def os_rename(call: Call) -> Results:
    old, new = call.c_string(1), call.c_string(2)
    return outcome(libc("rename")(old, new) == 0, old)


@function("os.tmpname")
def os_tmpname(call: Call) -> Results:
    name = room(len(TEMPORARY) + 1)
    name[0 : len(TEMPORARY)] = TEMPORARY
    handle = libc("mkstemp")(name)
    if handle == -1:
        raise call.error(b"unable to generate a unique filename")
    os.close(handle)
    return (bytes_in(name).rstrip(b"\0"),)


# Time.


def _field(call: Call, table: int, name: str) -> int:
    return call.field(table, name.encode())


def _number_field(call: Call, table: int, name: str, default: int | None) -> int:
    bits = _field(call, table, name)
    value = None
    if kind_of(bits) >= NUMBER_FROM:
        value = number_of(bits)
    elif kind_of(bits) == KIND_STR:
        value = parse_number(call.runtime.values.text(bits))
    if value is not None:
        return _wrapped(int(value)) if abs(value) < 2**63 else 0
    if default is None:
        raise call.error(b"field '" + name.encode() + b"' missing in date table")
    return default


def _wrapped(number: int) -> int:
    """As an int of C."""
    return (number + 2**31) % 2**32 - 2**31


@function("os.time")
def os_time(call: Call) -> Results:
    if call.is_absent(1):
        return (int(time.time()),)
    table = call.table(1)
    numbers = [
        _wrapped(_number_field(call, table, name, default) - offset)
        for (name, default), offset in zip(TIME_DEFAULTS.items(), TM_OFFSETS)
    ]
    daylight = _field(call, table, "isdst")
    tm = TM_NUMBERS.pack(*numbers, 0, 0, -1 if daylight == NIL else int(daylight != FALSE))
    moment = libc("mktime")(_filled(tm + bytes(TM_SIZE - len(tm))))
    return (None if moment == FAILED_TIME else moment,)


def _filled(data: bytes) -> Any:
    made = room(len(data))
    made[0 : len(data)] = data
    return made


@function("os.date")
def os_date(call: Call) -> Results:
    pattern = call.c_string(1, b"%c")
    moment = int(time.time()) if call.is_absent(2) else _whole(call.number(2))
    split = libc("gmtime_r" if pattern.startswith(b"!") else "localtime_r")
    pattern = pattern.removeprefix(b"!")
    tm = room(TM_SIZE)
    if not split(_filled(struct.pack("<q", moment)), tm):
        return (None,)
    if pattern != b"*t":
        return (_format_time(pattern, tm),)
    *numbers, daylight = TM_NUMBERS.unpack_from(bytes_in(tm))
    fields: dict[object, object] = {
        name: number + offset for name, number, offset in zip(TM_FIELDS, numbers, TM_OFFSETS)
    }
    if daylight >= 0:
        fields["isdst"] = daylight > 0
    return (Slot(call.runtime.table_bits(fields)),)


def _whole(number: float) -> int:
    """A number as C converts it to time_t."""
    return int(number) if -(2.0**63) <= number < 2.0**63 else -(2**63)


def _format_time(pattern: bytes, tm: Any) -> bytes:
    """Empty if the format gives nothing."""
    size = len(pattern) + 30 * pattern.count(b"%") + 1
    for _ in range(4):
        text = room(size)
        length: int = libc("strftime")(text, size, pattern, tm)
        if length:
            return bytes_in(text)[:length]
        size += size | 1
    return b""


@function("os.difftime")
def os_difftime(call: Call) -> Results:
    start = call.number(2, 0.0)  # Checked first.
    return (float(_whole(call.number(1)) - _whole(start)),)


@function("os.setlocale")
def os_setlocale(call: Call) -> Results:
    name = None if call.is_absent(1) else call.c_string(1)
    category = call.option(2, LOCALE, b"all")
    if not call.runtime.has_locale:
        # Python has set up the character types; a program starts in the C locale.
        libc("setlocale")(LOCALE[b"ctype"], b"C")
        call.runtime.has_locale = True
    if name is None:
        found = libc("setlocale", "iQ>Q")(category, 0)
    else:
        found = libc("setlocale")(category, name)
    return (text_at(found) if found else None,)
