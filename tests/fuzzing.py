# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A fuzzer guided by coverage, run in a process of its own under hard limits.

    python tests/fuzzing.py lanes|device|onnx|tflite COUNT SEED

A mutation that reaches a line, or an error message, that none reached before joins the corpus and
is mutated further. Every read may end in a result or in the format's own error. What fails: another
exception (MemoryError among them: the address space may grow by 256 MiB), more than a second of
processor time, a death of the process, and any of the audit events that go with running code or
touching other files. The last line printed is a JSON object; the file that failed goes to stderr.
"""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sys
import warnings
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import numpy.ma  # numpy's own late import, which is none of the files' doing

from fuzz_formats import FORMATS, Format, damage

SECONDS = 1.0
PATIENCE = 5_000
"""Calls without a new line after which a function is traced no more: before 3.12 tracing costs."""
MEMORY = 256 << 20
FORBIDDEN = (
    "exec", "compile", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "subprocess.Popen",
    "socket.connect", "pickle.find_class", "marshal.loads", "ctypes.dlopen", "import", "os.remove",
    "os.rename", "shutil.rmtree",
)  # fmt: skip
WATCHED = tuple(str(Path(__file__).resolve().parents[1] / part) for part in ("host", "device"))


class TooLong(BaseException):
    """A read that takes over a second of processor time."""


class Coverage:
    """Lines of lanewise and lanecam seen so far; ``news`` counts the new ones."""

    def __init__(self) -> None:
        self.news = 0
        self._left: dict[CodeType, set[int] | None] = {}
        self._calls: dict[CodeType, int] = {}
        if hasattr(sys, "monitoring"):
            sys.monitoring.use_tool_id(4, "fuzzing")
            line = sys.monitoring.events.LINE
            sys.monitoring.register_callback(4, line, self._once)
            sys.monitoring.set_events(4, line)

    def watch(self, on: bool) -> None:
        """Trace from here, or no more."""
        if not hasattr(sys, "monitoring"):
            sys.settrace(self._call if on else None)

    def _once(self, code: CodeType, line: int) -> Any:
        self.news += code.co_filename.startswith(WATCHED)
        return sys.monitoring.DISABLE  # type: ignore[attr-defined]

    def _call(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if code not in self._left:
            mine = code.co_filename.startswith(WATCHED)
            self._left[code] = {line for *_, line in code.co_lines() if line} if mine else None
            self._calls[code] = 0
        self._calls[code] += 1
        return self._line if self._left[code] and self._calls[code] < PATIENCE else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        left = self._left[frame.f_code]
        if left and frame.f_lineno in left:
            left.discard(frame.f_lineno)
            self._calls[frame.f_code] = 0
            self.news += 1
        return self._line if left else None


def limit_memory() -> None:
    """Let the address space grow by no more than ``MEMORY`` from here."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def watch_events(touched: list[str]) -> None:
    """Collect forbidden audit events in ``touched``."""

    def hook(event: str, arguments: Any) -> None:
        if event in FORBIDDEN:
            touched.append(f"{event} {arguments!r:.100}")
        elif event == "open" and "lanewise-" not in str(arguments[0]):
            touched.append(f"open {arguments[0]!r:.100}")

    sys.addaudithook(hook)


def too_long(number: int, frame: Any) -> None:
    """Handler of the processor timer."""
    raise TooLong


def hunt(format_: Format, count: int, seed: int) -> dict[str, int]:
    """Read ``count`` mutations; raises ``AssertionError`` naming the first that misbehaves."""
    rng = np.random.default_rng(seed)
    corpus, kinds = list(format_.seeds), set()
    outcomes = {"read": 0, "refused": 0, "messages": 0, "kept": 0, "lines": 0}
    touched: list[str] = []
    for data in corpus:
        format_.read(data)
        for start in (damage, format_.mutate):
            try:
                format_.read(start(data, rng))
            except format_.errors:
                continue
    coverage = Coverage()
    signal.signal(signal.SIGPROF, too_long)
    limit_memory()
    watch_events(touched)
    for number in range(count):
        # A third of the time a seed, a third what was kept last, else anything that was kept.
        third = rng.random() * 3
        pool = format_.seeds if third < 1 else corpus[-40:] if third < 2 else corpus
        data = pool[int(rng.integers(len(pool)))]
        data = (format_.mutate if rng.random() < 0.6 else damage)(data, rng)
        before, problem, message = coverage.news, "", "read"
        touched.clear()
        signal.setitimer(signal.ITIMER_REAL, 60)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        coverage.watch(True)
        try:
            format_.read(data)
        except format_.errors as error:
            message = re.sub(r"[^a-z ]+", "#", str(error))[:120]
            problem = "" if str(error) and "\n" not in str(error) else f"message {str(error)!r}"
        except TooLong:
            problem = f"over {SECONDS} s"
        except BaseException as error:
            problem = repr(error)
        finally:
            coverage.watch(False)
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
        if touched and not problem:
            problem = "; ".join(touched[:3])
        if problem:
            sys.stderr.write(data.hex())
            raise AssertionError(f"mutation {number} of seed {seed}: {problem}")
        outcomes["read" if message == "read" else "refused"] += 1
        if len(data) < 1 << 16 and (coverage.news > before or message not in kinds):
            kinds.add(message)
            corpus.append(data)
    outcomes |= {"messages": len(kinds), "kept": len(corpus), "lines": coverage.news}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return outcomes | {"peak_kB": peak}


def main() -> int:
    """Run the fuzzer by the command line."""
    kind, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ["OMP_NUM_THREADS"] = "1"
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            print(json.dumps(hunt(FORMATS[kind](), count, seed)))
        except AssertionError as error:
            print(json.dumps({"failed": str(error)}))
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
