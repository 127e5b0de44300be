"""How the name of a chunk is displayed: in front of messages, and in listings.

The name a chunk is loaded under says where it came from by its first byte:

    @dir/file.lua      a file             dir/file.lua           (long: ...end/of/the/name.lua)
    =stdin             shown as it is     stdin
    x = 1              the text itself    [string "x = 1"]       (long or many lines: [string "x = ..."])

Listings (`location`) are shorter: base names of files, quoted text, and a number for text over 40 bytes.
"""

from __future__ import annotations

import zlib

ID_SIZE = 60              # what a display name may take, with its terminating zero
TEXT_MAX = ID_SIZE - 12   # of it, for text between [string " and "]
TEXT_CUT = ID_SIZE - 15   # the same when three dots follow
LOCATION_MAX = 40


def chunk_id(chunkname: bytes) -> bytes:
    """The display name used in error messages."""
    name = chunkname.partition(b"\0")[0]
    if name[:1] == b"=":
        return name[1:ID_SIZE]
    if name[:1] == b"@":
        path = name[1:]
        return path if len(path) < ID_SIZE else b"..." + path[-(ID_SIZE - 4):]
    shown = next((at for at, byte in enumerate(name[:TEXT_MAX]) if byte < 0x20), min(len(name), TEXT_MAX))
    if shown < len(name):
        return b'[string "' + name[:min(shown, TEXT_CUT)] + b'..."]'
    return b'[string "' + name + b'"]'


def location(chunkname: bytes, line: int) -> bytes:
    """Name and line as bytecode and trace listings show them.  Line -1: a library function in Lua."""
    if line == -1:
        return chunkname.strip(b"=[]")
    if chunkname[:1] == b"@":
        name = chunkname[1:]
        cut = max(name.rfind(b"/"), name.rfind(b"\\"))
        name = name[cut + 1:] if cut > 0 else name
    elif len(chunkname) > LOCATION_MAX:
        # LuaJIT prints the prototype's address here; ours must not change from run to run.
        name = b"0x%08x" % (zlib.crc32(chunkname) ^ line)
    elif chunkname[:1] == b"=":
        name = chunkname[1:]
    else:
        name = b'"' + chunkname + b'"'
    return b"%s:%d" % (name, line)
