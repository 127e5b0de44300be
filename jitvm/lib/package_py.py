"""package.*, require and module: finding and loading modules, with luajit's messages and search paths.

C modules cannot be loaded: what stands in `package.cpath` is looked for and refused with an error.
"""

from __future__ import annotations

import os

from ir.layout import Ptr
from ir.objects import GCfunc, GCtab
from jitvm.front.errors import LuaError
from jitvm.lib.call_py import Call, Results, Slot, function
from jitvm.lib.load_py import load_file
from jitvm.lib.table import CONSTANTS, LIBRARY, opener
from jitvm.runtime.files import libc
from jitvm.runtime.value import FALSE, FUNC_BITS, LIGHTUD_BITS, NIL, POINTER, TAB_BITS, TRUE
from jitvm.runtime.values import KIND_FUNC, KIND_STR, KIND_TAB, NUMBER_FROM, bits_of_number, kind_of
from x64.foreign import text_at

TYPE_CHECKING = False  # Not from `typing`: see "Start" in ARCHITECTURE.md.
if TYPE_CHECKING:
    from jitvm.runtime.runtime import Runtime

#: Where Debian keeps LuaJIT's own modules (jit.dump and so on), for whichever version there is.
JIT_MODULES = "/usr/share/luajit-2.1.0-beta3"
ROOTS = "/usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua;" \
        "/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua"  # fmt: skip
CPATH = b"./?.so;/usr/local/lib/lua/5.1/?.so;/usr/lib/x86_64-linux-gnu/lua/5.1/?.so;" \
        b"/usr/local/lib/lua/5.1/loadall.so"  # fmt: skip
CONSTANTS["package.config"] = b"/\n;\n?\n!\n-\n"
#: In package.loaded from the start.
LOADED = (
    "_G", "package", "coroutine", "table", "io", "os", "string", "math", "debug", "bit", "jit", "jit.opt",
)  # fmt: skip
#: Modules and functions that exist once they are required.
PRELOADED_MODULES = {"jit.util": "jit.util", "jit.profile": "jit.profile", "string.buffer": "buffer"}
PRELOADED_FUNCTIONS = ("table.new", "table.clear")
LOADERS = ("preload", "lua", "c", "croot")
#: Marks a module that is being loaded.
SENTINEL = LIGHTUD_BITS | 0x5E17
RTLD_NOW = 2
LONGEST_PATH = 4096
NO_C_MODULES = b"modules written in C cannot be loaded"


def default_path() -> bytes:
    """package.path without an environment."""
    directory = JIT_MODULES
    if not os.path.isdir(directory):
        import glob

        directory = max(glob.glob("/usr/share/luajit-2*"), default=directory)
    return f"./?.lua;{directory}/?.lua;{ROOTS}".encode()


def _path(runtime: Runtime, variable: bytes, default: bytes) -> bytes:
    """A path from the environment; an empty part of it stands for the default."""
    path = None if runtime.options.ignore_environment else os.environb.get(variable)
    if path is None:
        return default
    return path.replace(b";;", b";\1;").replace(b"\1", default)


@opener
def open_package(runtime: Runtime) -> None:
    """Paths, loaders, and the tables of modules."""
    values, builtins = runtime.values, runtime.builtins
    package = builtins.module("package")
    runtime.set_field(package, b"path", values.string(_path(runtime, b"LUA_PATH", default_path())))
    runtime.set_field(package, b"cpath", values.string(_path(runtime, b"LUA_CPATH", CPATH)))
    loaded = {name: values.to_python(builtins.module("" if name == "_G" else name).addr | TAB_BITS)
              for name in LOADED}  # fmt: skip
    functions = [name for name in PRELOADED_FUNCTIONS if name in LIBRARY]
    preload = {name: values.to_python(builtins.function(f"preload.{name}_aux") | FUNC_BITS)
               for name in (*PRELOADED_MODULES, *functions)}  # fmt: skip
    loaders = {number: values.to_python(builtins.function(f"package.{name}_aux") | FUNC_BITS)
               for number, name in enumerate(LOADERS, 1)}  # fmt: skip
    for field, items in (("loaded", loaded), ("preload", preload), ("loaders", loaders)):
        runtime.set_field(package, field.encode(), runtime.new_table(dict(items)).bits)
    registry = Ptr(GCtab, runtime.heap.g.registry.bits & POINTER)
    runtime.set_field(registry, b"_LOADED", runtime.field(package, b"loaded"))


def _preload_module(name: str, library: str) -> None:
    @function(f"preload.{name}_aux")
    def loader(call: Call) -> Results:
        return (Slot(call.runtime.builtins.module(library).addr | TAB_BITS),)


def _preload_function(name: str) -> None:
    @function(f"preload.{name}_aux")
    def loader(call: Call) -> Results:
        builtins = call.runtime.builtins
        bits = builtins.function(name) | FUNC_BITS
        row = LIBRARY[name]
        call.runtime.set_field(builtins.module(row.module), row.field.encode(), bits)
        return (Slot(bits),)


for _name in PRELOADED_MODULES:
    _preload_module(_name, PRELOADED_MODULES[_name])
for _name in PRELOADED_FUNCTIONS:
    _preload_function(_name)


# Searching.


def _readable(name: bytes) -> bool:
    try:
        os.close(os.open(name, os.O_RDONLY))
    except (OSError, ValueError):
        return False
    return True


def search_path(
    name: bytes, path: bytes, separator: bytes = b".", replacement: bytes = b"/"
) -> tuple[bytes | None, bytes]:
    """The first readable file of a path; if there is none, what was tried.  All are C strings."""
    name, path, separator, replacement = (
        text.partition(b"\0")[0] for text in (name, path, separator, replacement)
    )
    if separator:
        name = name.replace(separator, replacement)
    tried = b""
    for template in path.split(b";"):
        if template:
            candidate = template.replace(b"?", name)
            if _readable(candidate):
                return candidate, b""
            tried += b"\n\tno file '" + candidate + b"'"
    return None, tried


@function("package.searchpath")
def package_searchpath(call: Call) -> Results:
    # They are checked from the last to the first.
    replacement, separator, path = call.string(4, b"/"), call.string(3, b"."), call.string(2)
    found, tried = search_path(call.string(1), path, separator, replacement)
    return (found,) if found is not None else (None, tried)


def _find_file(call: Call, name: bytes, field: bytes) -> tuple[bytes | None, bytes]:
    bits = call.field(_package(call), field)
    if kind_of(bits) != KIND_STR and kind_of(bits) < NUMBER_FROM:
        raise call.error(b"'package." + field + b"' must be a string")
    return search_path(name, call.runtime.values.tostring(bits))


def _package(call: Call) -> int:
    return int(call.runtime.builtins.module("package").addr) | TAB_BITS


def _load_error(call: Call, filename: bytes, reason: bytes) -> LuaError:
    return call.error(
        b"error loading module '" + call.c_string(1) + b"' from file '" + filename + b"':\n\t" + reason
    )


@function("package.preload_aux")
def loader_preload(call: Call) -> Results:
    name = call.c_string(1)
    preload = call.field(_package(call), b"preload")
    if kind_of(preload) != KIND_TAB:
        raise call.error(b"'package.preload' must be a table")
    found = call.field(preload, name)
    return (b"\n\tno field package.preload['" + name + b"']" if found == NIL else Slot(found),)


@function("package.lua_aux")
def loader_lua(call: Call) -> Results:
    filename, tried = _find_file(call, call.c_string(1), b"path")
    if filename is None:
        return (tried,)
    try:
        return (load_file(call, filename),)
    except LuaError as error:
        raise _load_error(call, filename, error.message) from None


@function("package.c_aux")
def loader_c(call: Call) -> Results:
    filename, tried = _find_file(call, call.c_string(1), b"cpath")
    if filename is None:
        return (tried,)
    raise _load_error(call, filename, NO_C_MODULES)


@function("package.croot_aux")
def loader_croot(call: Call) -> Results:
    name = call.c_string(1)
    root, dot, _ = name.partition(b".")
    if not dot:
        return ()
    filename, tried = _find_file(call, root, b"cpath")
    if filename is None:
        return (tried,)
    raise _load_error(call, filename, NO_C_MODULES)


@function("package.loadlib")
def package_loadlib(call: Call) -> Results:
    name, symbol = call.c_string(1), call.c_string(2)
    if len(name) >= LONGEST_PATH:
        return None, b"path too long", b"open"
    load, reason = libc("dlopen", "si>Q"), libc("dlerror", ">Q")  # Looking for one forgets the other's error.
    find = libc("dlsym", "Qs>Q")
    library = load(name, RTLD_NOW)
    if not library:
        return None, text_at(reason()), b"open"
    if symbol.startswith(b"*"):
        return (True,)
    if not find(library, symbol):
        return None, text_at(reason()), b"init"
    return None, NO_C_MODULES, b"init"


# require.


@function("require")
def base_require(call: Call) -> Results:
    runtime, name = call.runtime, call.c_string(1)
    loaded = call.field(int(runtime.heap.g.registry.bits), b"_LOADED")
    found = call.field(loaded, name)
    if found == SENTINEL:
        raise call.error(b"loop or previous error loading module '" + name + b"'")
    if found not in (NIL, FALSE):
        return (Slot(found),)
    loader = runtime.values.to_python(_loader(call, name))
    table = Ptr(GCtab, loaded & POINTER)
    argument = runtime.values.string(name)
    runtime.set_field(table, name, SENTINEL)
    results = runtime.call_bits(loader.bits, [argument])  # type: ignore[attr-defined]
    if results and results[0] != NIL:
        runtime.set_field(table, name, results[0])
    found = call.field(loaded, name)
    if found == SENTINEL:
        found = TRUE
        runtime.set_field(table, name, found)
    return (Slot(found),)


def _loader(call: Call, name: bytes) -> int:
    """What `package.loaders` find for a module."""
    runtime = call.runtime
    loaders = call.field(_package(call), b"loaders")
    if kind_of(loaders) != KIND_TAB:
        raise call.error(b"'package.loaders' must be a table")
    tried = b""
    number = 1
    while (loader := runtime.index(loaders, bits_of_number(float(number)))) != NIL:
        results = runtime.call_bits(loader, [runtime.values.string(name)])
        found = results[0] if results else NIL
        if kind_of(found) == KIND_FUNC:
            return found
        if kind_of(found) == KIND_STR or kind_of(found) >= NUMBER_FROM:
            tried += runtime.values.tostring(found)
        number += 1
    raise call.error(b"module '" + name + b"' not found:" + tried)


# module.


@function("module")
def base_module(call: Call) -> Results:
    runtime, name = call.runtime, call.c_string(1)
    module = _module_table(call, name)
    table = Ptr(GCtab, module & POINTER)
    if runtime.field(table, b"_NAME") == NIL:
        prefix = name[: name.rfind(b".") + 1]
        runtime.set_field(table, b"_M", module)
        runtime.set_field(table, b"_NAME", runtime.values.string(name))
        runtime.set_field(table, b"_PACKAGE", runtime.values.string(prefix))
    frames = list(runtime.frames.walk(call.thread, 0))
    if len(frames) < 2 or Ptr(GCfunc, frames[1].function).ffid != 0:
        raise call.error(b"'module' not called from a Lua function")
    Ptr(GCfunc, frames[1].function).env = module & POINTER
    runtime.heap.barrier(frames[1].function)
    for option in call.slots[1:]:
        runtime.call_bits(option, [module])
    return ()


def _module_table(call: Call, name: bytes) -> int:
    """package.loaded[name], or the global table of that name, made where it is missing."""
    runtime = call.runtime
    loaded = call.field(int(runtime.heap.g.registry.bits), b"_LOADED")
    found = call.field(loaded, name)
    if kind_of(found) == KIND_TAB:
        return found
    table = Ptr(GCtab, call.thread.env.addr)
    for part in name.split(b"."):
        inner = runtime.field(table, part)
        if inner == NIL:
            inner = int(runtime.heap.table(0, 1).addr) | TAB_BITS
            runtime.set_field(table, part, inner)
        if kind_of(inner) != KIND_TAB:
            raise call.error(b"name conflict for module '" + name + b"'")
        table = Ptr(GCtab, inner & POINTER)
    runtime.set_field(Ptr(GCtab, loaded & POINTER), name, table.addr | TAB_BITS)
    return int(table.addr) | TAB_BITS


@function("package.seeall")
def package_seeall(call: Call) -> Results:
    runtime = call.runtime
    table = Ptr(GCtab, call.table(1) & POINTER)
    if not table.metatable.addr:
        table.metatable = runtime.heap.table(0, 1).addr
        runtime.heap.barrier(table.addr)
    runtime.set_field(Ptr(GCtab, table.metatable.addr), b"__index", int(call.thread.env.addr) | TAB_BITS)
    return ()
