"""`python3 -m jitvm`."""

from __future__ import annotations

import sys

from jitvm.cli import main

if __name__ == "__main__":
    sys.exit(main())
