# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""README's way from the desk to a board and back, line by line, as a new user types it.

The lines are taken from README.md itself. The board is the emulated one that the first line plugs
in; the user is played by whoever presses the keys below: the digit's own, once the board sees it.
"""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"
MARK = "<!-- tests/journey runs exactly these lines -->"
LANEWISE = [sys.executable, "-c", "from lanewise.cli import main; main(prog_name='lanewise')"]
FRAMES = 10
LIMIT_S = 120.0

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="no pseudo-terminals here")


def lines() -> list[str]:
    """The commands in README, without their comments."""
    block = README.read_text(encoding="utf-8").split(MARK)[1].split("```")[1]
    bare = (re.sub(r"\s+#.*", "", line).strip() for line in block.splitlines())
    return [line for line in bare if line]


class User:
    """A terminal in an empty folder, and somebody who knows digits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        self.jobs: list[subprocess.Popen[str]] = []
        self.said: dict[str, str] = {}

    def type(self, line: str) -> None:
        """Run one line of README."""
        if line.startswith("export "):
            name, value = line.removeprefix("export ").split("=")
            self.environment[name] = value
        elif line == "kill %1":
            self.jobs[0].send_signal(signal.SIGTERM)
        elif line.endswith("&"):
            self.jobs.append(self._start(line.removesuffix("&")))
            self._until(lambda: (self.folder / "desk" / "serial").exists())
        elif "--collect" in line:
            self._collect(line)
        else:
            done = self._start(line)
            out, err = done.communicate(timeout=LIMIT_S)
            assert done.returncode == 0, (line, out, err)
            self.said[line] = out

    def _start(self, line: str, **more: object) -> subprocess.Popen[str]:
        words = shlex.split(line)
        assert words[0] == "lanewise", line
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            LANEWISE + words[1:], cwd=self.folder, env=self.environment, text=True, **pipes | more
        )  # fmt: skip

    def _until(self, there) -> None:
        end = time.monotonic() + LIMIT_S
        while not there():
            assert time.monotonic() < end
            time.sleep(0.02)

    def _collect(self, line: str) -> None:
        import termios

        keys, stdin = os.openpty()
        process = self._start(line, stdin=stdin)
        watchdog = threading.Timer(LIMIT_S, process.kill)
        watchdog.start()
        saved = 0
        heard = []
        assert process.stderr is not None
        for said in process.stderr:
            heard.append(said)
            saved += bool(re.match(r"\d: frames/frame-\d{4}\.png", said))
            if said.startswith(("the board s", "lanewise: ")):
                digit = re.match(r"the board sees: (\d)", said)
                self._until(lambda: not termios.tcgetattr(stdin)[3] & termios.ICANON)
                os.write(keys, b"q" if saved == FRAMES else digit[1].encode() if digit else b" ")
        watchdog.cancel()
        os.close(keys)
        os.close(stdin)
        assert process.wait() == 0 and saved == FRAMES, heard
        assert process.stdout is not None
        self.said[line] = process.stdout.read()

    def leave(self) -> None:
        for job in self.jobs:
            if job.poll() is None:
                job.kill()
            job.communicate()


@pytest.fixture
def user(tmp_path):
    one = User(tmp_path)
    yield one
    one.leave()


def test_every_line_of_the_readme_works_as_written(user):
    typed = lines()
    assert len(typed) == 12, "README's list changed: read the assertions below again"
    for line in typed:
        user.type(line)
    said = user.said
    assert "raspberry_pi_pico, CircuitPython 10.0.3" in said["lanewise boards"]
    assert "model dense14-pen runs" in said["lanewise deploy dense14-pen"]
    assert "5 readings" in said["lanewise monitor --count 5"]
    frames = user.folder / "frames"
    labels = (frames / "labels.csv").read_text().splitlines()
    assert len(labels) == FRAMES + 1 and len(list(frames.glob("*.png"))) == FRAMES
    trained = next(text for line, text in said.items() if " train " in line)
    right = re.search(r"(\d+) of 10 pictures of yours right", trained)
    assert right and int(right[1]) >= 8, trained
    assert "certificate" in next(text for line, text in said.items() if "quantize" in line).lower()
    assert "model dense14 runs" in said["lanewise deploy mine.lanes"]
    assert "golden vectors, bit for bit" in said["lanewise doctor --probe"]
    assert "model dense14-pen runs again" in said["lanewise deploy --undo"]
    assert user.jobs[0].wait(LIMIT_S) == 0, "the emulated board ends cleanly"
    assert not (user.folder / "desk" / "serial").is_symlink()
