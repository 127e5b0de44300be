"""The cache directory: $XDG_CACHE_HOME/jitvm or ~/.cache/jitvm.

    image-KEY, heap-KEY, stamp-STAMP, functions-KEY    see native/cache.py
    modules/                                           compiled Python modules

Python keeps the latter beside the sources, unless PYTHONDONTWRITEBYTECODE is set, as in many containers, or
the sources belong to somebody else.  Then every start would compile all modules anew, which takes longer than
most scripts: an empty one ran for 80 ms instead of 37, the first trace came after 230 ms instead of 74.
"""

from __future__ import annotations

import os
import sys

#: No folder: nothing is found there, and nothing kept.
NOWHERE = "/dev/null"


def directory() -> str:
    """Absolute, whatever the environment says: never a folder of wherever the program is run."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.cache")
    return os.path.join(base if os.path.isabs(base) else NOWHERE, "jitvm")


def keep_modules() -> None:
    """Python finds compiled modules in the cache directory, and keeps them there, if it would keep none.

    For a process that is jitvm's own: it changes what holds for all of Python."""
    if sys.pycache_prefix is None and (sys.dont_write_bytecode or not _can_keep(os.path.dirname(__file__))):
        sys.pycache_prefix = f"{directory()}/modules"
        sys.dont_write_bytecode = False


def _can_keep(folder: str) -> bool:
    """Are there compiled modules beside the sources, or can there be?"""
    return os.path.exists(f"{folder}/__pycache__") or os.access(folder, os.W_OK)
