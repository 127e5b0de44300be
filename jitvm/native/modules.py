"""The modules whose native functions make up the VM image, in the order they are laid out.

`image.build()` imports them; a package in the list stands for all of its modules.
"""

from __future__ import annotations

PACKAGES = ("jitvm.runtime", "jitvm.interp", "jitvm.lib")
