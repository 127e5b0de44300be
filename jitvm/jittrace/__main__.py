"""`jittrace` and `python3 -m jitvm.jittrace`."""

from __future__ import annotations

import sys

from jitvm.cachedir import keep_modules

MISSING = "jittrace: needs click and rich: pip install 'jitvm[tools]'\n"


def main() -> None:
    keep_modules()
    try:
        import click  # noqa: F401
        import rich  # noqa: F401
    except ImportError:
        sys.stderr.write(MISSING)
        sys.exit(2)
    from jitvm.jittrace.commands import jittrace

    jittrace(prog_name="jittrace")


if __name__ == "__main__":
    main()
