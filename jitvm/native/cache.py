"""Where the compiled image is kept between runs, and what it depends on.

In the cache directory (`cachedir.py`):

    image-KEY        the linked image; KEY is a hash of the contents of every source file it depends on
    heap-KEY         the heap of a new runtime (runtime/snapshot.py); the same with more sources
    stamp-STAMP      says both KEYs; STAMP is a hash of those files' names, sizes and times, cheap to compute
    functions-KEY    compiled functions by the digest of their IR; KEY is a hash of the code generator

Every file carries a checksum and is written under a temporary name, then renamed: what is damaged reads as
missing, and processes that build at the same time do no harm.  Without a writable directory nothing is kept,
nor by a process under which sources have been edited: what it has loaded is not what is on disk now.
"""

from __future__ import annotations

import marshal
import os
import time

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

try:  # The module itself: hashlib would load OpenSSL, at every start.
    from _blake2 import blake2b
except ImportError:  # pragma: no cover
    from hashlib import blake2b

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
MAGIC = b"jitvm cache 1\n"
#: What machine code depends on: its sources, the IR, and the code generator.
SOURCES = (
    "ir",
    "x64",
    "jitvm/native",
    "jitvm/runtime",
    "jitvm/interp",
    "jitvm/lib",
    "jitvm/front/bytecode.py",
)
#: What a new runtime's heap depends on; the front end compiles library functions that are written in Lua.
HEAP_SOURCES = (*SOURCES, "jitvm/front")
#: What the bytes of a function depend on beside its IR.
GENERATOR = ("x64", "ir/ops.py", "ir/types.py", "ir/values.py", "ir/objects.py", "ir/layout.py")
KEPT_FILES = 32


def files(parts: tuple[str, ...]) -> Iterator[tuple[str, os.stat_result]]:
    """Name and status of the Python files of folders and single files, in a fixed order."""
    for part in parts:
        path = f"{ROOT}/{part}"
        if part.endswith(".py"):
            yield part, os.stat(path)
            continue
        yield from _folder(path, part)


def _folder(path: str, name: str) -> Iterator[tuple[str, os.stat_result]]:
    if not os.path.isdir(path):
        return
    with os.scandir(path) as entries:
        ordered = sorted(entries, key=lambda entry: entry.name)
    for entry in ordered:
        if entry.name.endswith(".py"):
            yield f"{name}/{entry.name}", entry.stat()
        elif entry.is_dir() and not entry.name.startswith((".", "__")):
            yield from _folder(entry.path, f"{name}/{entry.name}")


def stamp() -> str:
    """Changes when a source file is edited, touched, added or removed."""
    seen = blake2b(os.fsencode(ROOT), digest_size=16)
    for name, status in files(HEAP_SOURCES):
        seen.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def content_key(parts: tuple[str, ...] = SOURCES) -> str:
    """Changes when the contents of a source file change."""
    seen = blake2b(digest_size=16)
    for name, _ in files(parts):
        with open(f"{ROOT}/{name}", "rb") as file:
            data = file.read()
        seen.update(f"{name} {len(data)}\n".encode() + data)
    return seen.hexdigest()


def read(path: str) -> Any:
    """The value in a file; None if it is missing or damaged."""
    try:
        with open(path, "rb", buffering=0) as file:
            data = file.readall()
    except OSError:
        return None
    head = len(MAGIC) + 32
    if not data.startswith(MAGIC) or checksum(data[head:]) != data[len(MAGIC) : head]:
        return None
    return marshal.loads(memoryview(data)[head:])


def keep(path: str, value: Any) -> bool:
    """`write`, unless a source file is younger than this process: the value may be that of an older one."""
    return not _edited_since(_started()) and write(path, value)


def _edited_since(seconds: float) -> bool:
    return any(status.st_mtime > seconds for _, status in files(HEAP_SOURCES))


def _started() -> float:
    """When this process began, in seconds since the epoch, a little too early rather than too late."""
    with open("/proc/self/stat", "rb") as file:
        ticks = int(file.read().rpartition(b")")[2].split()[19])  # Field 22: since the machine started.
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - age - 0.01


def write(path: str, value: Any) -> bool:
    """Keeps a value of plain types; False if that is not possible here."""
    body = marshal.dumps(value, 4)
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}-{os.getpid()}-{time.monotonic_ns()}")
    try:
        os.makedirs(folder, exist_ok=True)
        with open(temporary, "wb") as file:
            file.write(MAGIC + checksum(body) + body)
        os.replace(temporary, path)
    except OSError:
        _remove(temporary)
        return False
    return True


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return  # It was not even created.


def checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=32).digest()


def prune(folder: str) -> None:
    """Leaves the newest files only."""
    try:
        found = [entry for entry in os.scandir(folder) if entry.is_file()]
        kept = [(entry.stat().st_mtime, entry.name, entry.path) for entry in found]
        for _, _, path in sorted(kept, reverse=True)[KEPT_FILES:]:
            os.unlink(path)
    except OSError:
        return  # Another process was first, or the folder is not ours.
