"""Bytecode files with a few wrong bytes: the verifier refuses them, or they run without harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import process
from tests.support.modes import DEFAULT, HOT, INTERP, Mode

SCRIPT = "mutated_bytecode.lua"
FOLDER = Path(__file__).parent
FILES = 400


@pytest.mark.parametrize("seed", (2, 3))
@pytest.mark.parametrize("how", (DEFAULT, INTERP, HOT), ids=lambda how: how.name)
def test_mutated_bytecode(seed: int, how: Mode) -> None:
    """What the recorder makes of wild bytecode is no matter, as long as it only gives up the trace."""
    arguments = (*how.flags, SCRIPT, str(seed), str(FILES))
    done = process.jitvm(*arguments, cwd=FOLDER, environment={"JITVM_CHECK": "0"})
    assert (done.status, done.stderr, done.stdout.split()) == (0, "", ["true"] * 3)


def test_list_into_what_is_no_table(tmp_path: Path) -> None:
    """TSETM takes its table from the slot below, and a wrong TNEW leaves something else there."""
    chunk = 'local d = string.dump(loadstring("local b, c = 1, {...} return c"))'
    change = 'local at = d:find("\\52\\1", 1, true) d = d:sub(1, at) .. "\\0" .. d:sub(at + 2)'
    (tmp_path / "list.lua").write_text(f"{chunk} {change} print(pcall(load(d), 1, 2))")
    done = process.jitvm("list.lua", cwd=tmp_path)
    assert done.status == 0
    assert done.stdout.startswith("false\t")
    assert done.stdout.endswith(": bad operand type in generated code\n")
