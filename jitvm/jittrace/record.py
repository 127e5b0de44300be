"""`jittrace record`: runs a script as `jitvm` does, and writes what happened to its traces.

The log is written when the script ends, however it ends, be it through `os.exit` or an error.
"""

from __future__ import annotations

import atexit
import os
import sys
from pathlib import Path

from jitvm import cli
from jitvm.jittrace.inputs import BadInput, Running
from jitvm.model.jsonform import to_json
from jitvm.tools.recording import Recording


def record(script: str, running: Running, output: str) -> int:
    """The exit status of the script.  Raises BadInput."""
    if not Path(script).is_file():
        raise BadInput(f"{script}: No such file or directory")
    cli.occupy_standard_streams()
    options = [f"-O{option}" for option in running.options]
    argv = ["jittrace", *options, script, *running.arguments]
    session = cli.Session(cli.parse([os.fsencode(word) for word in argv]))
    if running.seed is not None:
        session.runtime.options.seed = running.seed
    recording = Recording(
        session.runtime,
        count_exits=running.count_exits,
        keep_passes=running.keep_passes,
        keep_aborted=running.keep_aborted,
    )

    def save() -> None:
        text = to_json(recording.log(script))
        if output == "-":
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            Path(output).write_text(text, encoding="ascii")

    try:
        with open(output if output != "-" else os.devnull, "a", encoding="ascii"):
            pass
    except OSError as error:
        raise BadInput(f"{output}: {error.strerror}") from None
    atexit.register(save)
    status = session.run()
    atexit.unregister(save)
    save()
    return status
