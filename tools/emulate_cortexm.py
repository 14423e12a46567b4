# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Runs the C export on an emulated Cortex-M0 and counts instructions and cycles of an inference.

Needs arm-none-eabi-gcc and qemu-system-arm, both as programs (Debian: gcc-arm-none-eabi,
qemu-system-arm). QEMU's micro:bit has a Cortex-M0: the instructions are those of the Cortex-M0+.
It runs one instruction at a time and logs where each lies, so instructions are counted exactly.
Cycles follow the Cortex-M0+ Technical Reference Manual, section 3.3 (single-cycle multiplier, no
wait states on the memories): loads and stores 2, load and store multiple 1 + registers, taken
branches 2, BL 3, POP with PC 3 + registers.

    python tools/emulate_cortexm.py models/dense14/model.lanes --count 20
"""

from __future__ import annotations

import argparse
import os
import re
import selectors
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lanewise.data.sources import load
from lanewise.endings import run_tool
from lanewise.errors import LanewiseError, MissingExtraError
from lanewise.export.c import c_files, c_name
from lanewise.export.lanes import read
from lanewise.integer.program import Program
from lanewise.integer.reference import logits
from lanewise.runtimes.c import build
from lanewise.runtimes.inputs import model_inputs

COMPILER, EMULATOR = "arm-none-eabi-gcc", "qemu-system-arm"
FLAGS = (
    "-std=c99", "-mcpu=cortex-m0plus", "-mthumb", "-O3", "-Wall", "-Wextra", "-Wconversion",
    "-Wpedantic", "-Werror", "-ffreestanding", "-nostdlib", "-fno-tree-loop-distribute-patterns",
)  # fmt: skip
MACHINE = ("-M", "microbit", "-display", "none", "-monitor", "none", "-serial", "none")
RAM, RAM_BYTES = 0x20000000, 16 << 10
"""The micro:bit's RAM; its flash lies at 0."""
MOST_INSTRUCTIONS = 1 << 30
"""Where a run is given up."""
_PLACE = re.compile(rb"\[[0-9a-f]{8}/(?:0{8})?([0-9a-f]{8})/")
"""An instruction's address in QEMU's log: 8 digits, since QEMU 9 16."""


@dataclass(frozen=True)
class Emulated:
    """What a batch did: logits (n, labels), and what each image took."""

    logits: NDArray[np.int32]
    instructions: NDArray[np.int64]
    cycles: NDArray[np.int64]
    flash_bytes: int
    ram_bytes: int


def programs_missing() -> str | None:
    """What has to be installed first, or None."""
    wanted = {COMPILER: "gcc-arm-none-eabi", EMULATOR: "qemu-system-arm"}
    missing = [package for name, package in wanted.items() if shutil.which(name) is None]
    return f"on Debian: apt-get install {' '.join(missing)}" if missing else None


def _script(name: str) -> str:
    return f"""\
SECTIONS {{
  . = 0;
  .text : {{ KEEP(*(.vectors)) *(.text*) *(.rodata*) }}
  . = {RAM:#x};
  .bss : {{ *(.data*) *(.bss*) *(COMMON) }}
}}
ENTRY(run)
"""


def _main(name: str) -> str:
    """Reads images from a file of the host, writes logits to another, by semihosting."""
    upper = name.upper()
    return f"""\
#include "{name}.h"
{name}_workspace workspace;
uint8_t ink[{upper}_INPUTS];
int32_t logits[{upper}_LABELS];
void run(void);
void *memset(void *to, int value, unsigned int count);
__attribute__((section(".vectors"), used)) static const struct {{
    uint32_t stack;
    void (*reset)(void);
}} vectors = {{{RAM + RAM_BYTES:#x}u, run}};

void *memset(void *to, int value, unsigned int count) {{
    volatile uint8_t *at = to;
    while (count--) *at++ = (uint8_t)value;
    return to;
}}

static uint32_t host(uint32_t operation, const void *arguments) {{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = arguments;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}}

void run(void) {{
    const uint32_t images[3] = {{(uint32_t)"images", 1, 6}};
    const uint32_t found[3] = {{(uint32_t)"logits", 5, 6}};
    const uint32_t from = host(1, images), to = host(1, found);
    const uint32_t take[3] = {{from, (uint32_t)ink, sizeof ink}};
    const uint32_t give[3] = {{to, (uint32_t)logits, sizeof logits}};
    logits[0] = {name}_self_test(&workspace);
    host(5, give);
    while (host(6, take) == 0) {{
        {name}_logits(&workspace, ink, logits);
        host(5, give);
    }}
    host(2, &to);
    host(0x18, (void *)0x20026u);
    for (;;) {{
    }}
}}
"""


def _symbols(folder: Path) -> dict[str, int]:
    """Addresses of the linked file, and the sizes of its text and data as ``text`` and ``bss``."""
    listed = subprocess.run(
        ["arm-none-eabi-nm", "-S", "linked"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split() for line in listed.splitlines())
    found = {}
    for row in rows:
        found[row[-1]] = int(row[0], 16)
        found[f"{row[-1]} ends"] = int(row[0], 16) + (int(row[1], 16) if len(row) == 4 else 0)
    sizes = subprocess.run(
        ["arm-none-eabi-size", "linked"], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.splitlines()[1]
    text, data, bss = (int(number) for number in sizes.split()[:3])
    return found | {"text": text, "bss": data + bss}


def instruction_cycles(code: int, wide: int) -> int:
    """Cycles of a Thumb instruction, branches counted as not taken."""
    if code >> 11 in (0b11101, 0b11110, 0b11111):
        return 3 if wide & 0xD000 == 0xD000 else 4
    top = code >> 12
    if top in (0b0101, 0b0110, 0b0111, 0b1000, 0b1001) or code >> 11 == 0b01001:
        return 2
    if code >> 9 == 0b1011010 or top == 0b1100:
        return 1 + (code & 0x1FF if top == 0b1011 else code & 0xFF).bit_count()
    if code >> 9 == 0b1011110:
        return 1 + (code & 0xFF).bit_count() + (3 if code & 0x100 else 0)
    if code >> 8 == 0x47:
        return 2
    return 1


def is_jump(code: int) -> bool:
    """Whether a branch costs one more when it is taken."""
    return code >> 12 == 0b1101 or code >> 11 == 0b11100


def _places(log: int) -> Iterator[NDArray[np.uint32]]:
    """Addresses of the instructions in QEMU's log, a stretch at a time."""
    rest = b""
    while chunk := os.read(log, 1 << 20):
        whole, line, rest = (rest + chunk).rpartition(b"\n")
        found = b"".join(_PLACE.findall(whole + line))
        yield np.frombuffer(bytes.fromhex(found.decode()), ">u4").astype(np.uint32)


class _Meter:
    """Adds up what each inference takes, while the addresses come in."""

    def __init__(self, image: bytes, entry: int, main: tuple[int, int]) -> None:
        halves = np.frombuffer(image[: len(image) // 2 * 2], "<u2").tolist()
        pairs = zip(halves, [*halves[1:], 0], strict=True)
        self._cycles = np.array([instruction_cycles(code, wide) for code, wide in pairs])
        self._jumps = np.array([is_jump(code) for code in halves])
        self._entry, self._main = entry, main
        self._kept = np.zeros(0, np.uint32)
        self.instructions: list[int] = []
        self.cycles: list[int] = []

    def take(self, places: NDArray[np.uint32]) -> None:
        """Count the calls from the main program that have returned."""
        places = np.concatenate([self._kept, places])
        inside = (places < self._main[0]) | (places >= self._main[1])
        before = np.concatenate([[True], inside[:-1]])
        starts = np.flatnonzero((places == self._entry) & ~before)
        backs = np.flatnonzero(~inside & before)
        done = 0
        for start in starts:
            after = backs[backs > start]
            if not after.size:
                break
            done = int(after[0])
            path = places[start : done + 1] >> 1
            self.instructions.append(done - int(start))
            taken = self._jumps[path[:-1]] & (path[1:] != path[:-1] + 1)
            self.cycles.append(int(self._cycles[path[:-1]].sum() + taken.sum()))
        pending = starts[starts >= done]
        self._kept = places[max(0, int(pending[0]) - 1) :] if pending.size else places[-1:]


def emulate(
    program: Program,
    images: NDArray[np.uint8],
    golden: NDArray[np.uint8],
    weights: str = "packed",
    flags: tuple[str, ...] = FLAGS,
) -> Emulated:
    """Self test, then every image (n, height, width).

    Raises ``LanewiseError`` when the self test fails, when the model takes more RAM than there is
    or when QEMU stops; ``MissingExtraError`` without the programs.
    """
    missing = programs_missing()
    if missing:
        raise MissingExtraError(f"this needs the ARM compiler and emulator; {missing}")
    name = c_name(program)
    files = c_files(program, golden, weights)
    files["main.c"], files["board.ld"] = _main(name), _script(name)
    with tempfile.TemporaryDirectory(prefix="lanewise-") as temporary:
        folder = Path(temporary)
        command = [COMPILER, *flags, "-T", "board.ld", f"{name}.c", "main.c"]
        build(files, folder, [*command, "-Wl,--build-id=none", "-lgcc", "-o", "linked"])
        symbols = _symbols(folder)
        if symbols["bss"] > RAM_BYTES - 2048:
            raise LanewiseError(
                f"{program.name}: {symbols['bss']} bytes of RAM, {RAM_BYTES} are here"
            )
        cut = ["arm-none-eabi-objcopy", "-O", "binary", "-j", ".text", "linked", "image"]
        subprocess.run(cut, cwd=folder, check=True)
        (folder / "images").write_bytes(np.ascontiguousarray(images, np.uint8).tobytes())
        main = symbols["run"], symbols["run ends"]
        meter = _Meter((folder / "image").read_bytes(), symbols[f"{name}_logits"], main)
        _run(folder, meter)
        raw = np.frombuffer((folder / "logits").read_bytes(), "<i4")
    rows = raw.reshape(-1, len(program.labels))
    if rows[0, 0]:
        raise LanewiseError(f"{program.name}: golden vector {rows[0, 0] - 1} differs on the core")
    return Emulated(
        rows[1:].astype(np.int32), np.array(meter.instructions), np.array(meter.cycles),
        symbols["text"], symbols["bss"],
    )  # fmt: skip


def _one_at_a_time() -> list[str]:
    """QEMU's option for one instruction a translated block, which was renamed in 8.1."""
    told = subprocess.run([EMULATOR, "--version"], capture_output=True, text=True).stdout
    version = re.search(r"version (\d+)\.(\d+)", told)
    renamed = version is not None and (int(version[1]), int(version[2])) >= (8, 1)
    return ["-accel", "tcg,one-insn-per-tb=on"] if renamed else ["-singlestep"]


def _opened(log: Path, process: subprocess.Popen[str]) -> int:
    """The pipe, once ``process`` writes to it or has ended: one that ends at once never does."""
    reader = os.open(log, os.O_RDONLY | os.O_NONBLOCK)
    with selectors.DefaultSelector() as selector:
        selector.register(reader, selectors.EVENT_READ)
        while process.poll() is None and not selector.select(0.05):
            continue
    os.set_blocking(reader, True)
    return reader


def _run(folder: Path, meter: _Meter) -> None:
    log = folder / "log"
    os.mkfifo(log)
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    traced = [*_one_at_a_time(), "-d", "exec,nochain", "-D", str(log)]
    loader = ["-device", "loader,file=image,addr=0"]
    with subprocess.Popen(
        [EMULATOR, *MACHINE, *semihosting, *traced, *loader],
        cwd=folder, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        reader = _opened(log, process)
        seen = 0
        try:
            for places in _places(reader):
                meter.take(places)
                seen += len(places)
                if seen > MOST_INSTRUCTIONS:
                    raise LanewiseError(f"the export runs on beyond {seen} instructions")
            _, said = process.communicate(timeout=60)
        except BaseException:
            process.kill()
            raise
        finally:
            os.close(reader)
    if process.returncode:
        raise LanewiseError(f"{EMULATOR} stopped with status {process.returncode}: {said[-200:]}")


def main() -> None:
    """Print the counts of a model on pictures of a data set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("model", type=Path, nargs="+")
    parser.add_argument("--data", default="pen")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--weights", choices=["packed", "wide"], default="packed")
    parser.add_argument("--optimize", choices=["-O2", "-O3", "-Os"], default="-O3")
    options = parser.parse_args()
    flags = tuple(options.optimize if flag == "-O3" else flag for flag in FLAGS)
    for path in options.model:
        program, _ = read(path)
        digits = load(options.data, "test", data_dir=options.data_dir, count=options.count)
        images = model_inputs(program, digits.images)
        golden = images[:2].reshape(-1, *program.input_shape)
        found = emulate(program, images, golden, options.weights, flags)
        wrong = int((found.logits != logits(program, images)).sum())
        print(
            f"{program.name} {options.weights} {options.optimize}: "
            f"{found.instructions.mean():.0f} instructions "
            f"(most {found.instructions.max()}), {found.cycles.mean():.0f} cycles, "
            f"{found.flash_bytes} bytes of flash, {found.ram_bytes} of RAM, "
            f"{wrong} logits differ on {len(images)} pictures of {digits.name}"
        )


if __name__ == "__main__":
    run_tool(main)
