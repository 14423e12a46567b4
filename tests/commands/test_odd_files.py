# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Files that are none, and names that are no text: one line, and nothing waits or swells."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lanewise.errors import LanewiseError
from lanewise.export.lanes import read
from lanewise.importing.load import load_model
from lanewise.resources import bundled
from lanewise.train.checkpoint import load

ENDLESS = Path("/dev/zero")
MODEL = bundled("models") / "dense14" / "model.lanes"
RUN = "from lanewise.cli import main; main()"


@pytest.mark.skipif(not ENDLESS.exists(), reason="no /dev/zero here")
@pytest.mark.parametrize("reader, ending", [(read, ""), (load_model, ".onnx"), (load, "")])
def test_what_never_ends_is_read_only_as_far_as_a_model_goes(tmp_path, reader, ending):
    """Its size, as the system tells it, is 0."""
    path = tmp_path / f"endless{ending}"
    path.symlink_to(ENDLESS)
    with pytest.raises(LanewiseError, match="bytes"):
        reader(path)


@pytest.mark.skipif(sys.platform != "linux", reason="names are any bytes on Linux only")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_name_that_is_no_text_can_be_told(tmp_path, encoding):
    name = os.fsdecode("модель".encode() + b"\xff.lanes")
    (tmp_path / name).write_bytes(MODEL.read_bytes())
    done = subprocess.run(
        [sys.executable, "-c", RUN, "export", name, "--to", "c", "--out", f"{name} c"],
        cwd=tmp_path,
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\xff" in done.stdout or b"\\udcff" in done.stdout
    assert sorted(path.name for path in (tmp_path / f"{name} c").iterdir()) == [
        "dense14.c", "dense14.h"]  # fmt: skip
