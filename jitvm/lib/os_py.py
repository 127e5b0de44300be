"""os.* and io.write, io.read's sibling on the output side."""

from __future__ import annotations

import os
import time

from jitvm.front.errors import BadArgument, LuaError
from jitvm.lib.call_py import Call, Results, function
from jitvm.runtime.values import KIND_STR, NUMBER_FROM, format_number, kind_of, number_of


@function("io.write")
def io_write(call: Call) -> Results:
    for number, bits in enumerate(call.slots, 1):
        kind = kind_of(bits)
        if kind == KIND_STR:
            call.runtime.out.write(call.runtime.values.text(bits))
        elif kind >= NUMBER_FROM:
            call.runtime.out.write(format_number(number_of(bits)))
        else:
            raise call.wrong(number, b"string")
    return (True,)


@function("os.clock")
def os_clock(call: Call) -> Results:
    return (time.process_time(),)


@function("os.time")
def os_time(call: Call) -> Results:
    if call.is_absent(1):
        return (int(time.time()),)
    table = call.table(1)
    fields = [
        _date_field(call, table, name, default)
        for name, default in (
            (b"year", None),
            (b"month", None),
            (b"day", None),
            (b"hour", 12),
            (b"min", 0),
            (b"sec", 0),
        )
    ]
    is_dst = call.runtime.values.to_python(_field(call, table, b"isdst"))
    daylight = -1 if is_dst is None else int(bool(is_dst))
    moment = time.mktime((*fields, 0, 0, daylight))  # type: ignore[arg-type]
    return (int(moment),)


def _field(call: Call, table: int, name: bytes) -> int:
    from ir.layout import Ptr
    from ir.objects import GCtab

    return call.runtime.field(Ptr(GCtab, table & (1 << 47) - 1), name)


def _date_field(call: Call, table: int, name: bytes, default: int | None) -> int:
    value = call.runtime.values.to_python(_field(call, table, name))
    if isinstance(value, (int, float)):
        return int(value)
    if default is None:
        raise LuaError(
            call.runtime.messages.caller_where(call.thread) + b"field '" + name + b"' missing in date table"
        )
    return default


@function("os.date")
def os_date(call: Call) -> Results:
    pattern = call.string(1, b"%c")
    moment = call.number(2, float(int(time.time())))
    is_utc = pattern.startswith(b"!")
    pattern = pattern[1:] if is_utc else pattern
    broken = time.gmtime(moment) if is_utc else time.localtime(moment)
    if not pattern.startswith(b"*t"):
        return (time.strftime(pattern.decode("latin-1"), broken).encode("latin-1"),)
    return (
        call.runtime.new_table(
            {
                "sec": broken.tm_sec,
                "min": broken.tm_min,
                "hour": broken.tm_hour,
                "day": broken.tm_mday,
                "month": broken.tm_mon,
                "year": broken.tm_year,
                "wday": broken.tm_wday % 7 + 2 if broken.tm_wday != 6 else 1,
                "yday": broken.tm_yday,
                "isdst": broken.tm_isdst > 0,
            }
        ),
    )


@function("os.getenv")
def os_getenv(call: Call) -> Results:
    return (os.environb.get(call.string(1)),)


@function("os.difftime")
def os_difftime(call: Call) -> Results:
    return (call.number(1) - call.number(2, 0.0),)


@function("os.exit")
def os_exit(call: Call) -> Results:
    status = 0 if call.is_true(1) else 1
    if kind_of(call.bits(1)) >= NUMBER_FROM:
        status = call.integer(1)
    elif call.is_absent(1):
        status = 0
    call.runtime.out.flush()
    os._exit(status & 0xFF)


@function("os.remove")
def os_remove(call: Call) -> Results:
    return _file_result(call, os.unlink, call.string(1))


@function("os.rename")
def os_rename(call: Call) -> Results:
    return _file_result(call, os.rename, call.string(1), call.string(2))


def _file_result(call: Call, action: object, *names: bytes) -> Results:
    try:
        action(*names)  # type: ignore[operator]
    except OSError as error:
        return None, names[0] + b": " + os.strerror(error.errno or 0).encode(), error.errno or 0
    return (True,)


@function("os.tmpname")
def os_tmpname(call: Call) -> Results:
    import tempfile

    handle, name = tempfile.mkstemp(prefix="lua_")
    os.close(handle)
    return (name.encode(),)


@function("os.setlocale")
def os_setlocale(call: Call) -> Results:
    name = call.string(1, b"C")
    if name not in (b"", b"C", b"POSIX"):
        return (None,)
    if call.string(2, b"all") not in (b"all", b"collate", b"ctype", b"monetary", b"numeric", b"time"):
        raise BadArgument(2, b"invalid option '" + call.string(2) + b"'")
    return (b"C",)
