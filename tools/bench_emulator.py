# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""How long frames and scenes take: through the real driver on the emulated camera.

    python tools/bench_emulator.py

First table: one capture of a light page with a drawn digit, by size, colour space and camera
module. Second: rendering a 160x120 scene and capturing it at 160x120, scenes a second. Processor
time on one core, so that other work on the machine hardly counts; no claim about any board.
"""

from __future__ import annotations

import statistics
import time

import click

from lanewise.data.pen import pen_digits
from lanewise.data.scenes import LEVELS, scenes
from lanewise.emulator.board import EmulatedBoard
from lanewise.emulator.camera_module import MODULES
from lanewise.emulator.desk import COLORSPACES, WIDTHS, board_pins
from lanewise.emulator.sources import ArraySource, DigitSource
from lanewise.endings import run_tool
from lanewise.resources import import_lanecam

CAPTURES = 30
SCENES = 60


def capture_ms(width: int, colorspace: str, module: str) -> float:
    """Median milliseconds of one capture."""
    import_lanecam()
    source = DigitSource(pen_digits(1, seed=0).images[0])
    with EmulatedBoard(source=source, fast=True, module=module) as board:
        from lanecam.camera import Camera

        camera = Camera(board_pins(board.name, width, colorspace))
        camera.open()
        camera.capture()
        times = []
        for _ in range(CAPTURES):
            begun = time.process_time()
            camera.capture()
            times.append(1000 * (time.process_time() - begun))
        camera.close()
    return statistics.median(times)


def scenes_a_second(level: str) -> tuple[float, float]:
    """Scenes rendered a second, and scenes rendered and captured a second."""
    import_lanecam()
    digits = pen_digits(SCENES, seed=0)
    with EmulatedBoard(fast=True) as board:
        from lanecam.camera import Camera

        camera = Camera(board_pins(board.name, 160, "yuv"))
        camera.open()
        camera.capture()
        rendered = captured = 0.0
        begun = time.process_time()
        for scene in scenes(digits, SCENES, level):
            rendered += time.process_time() - begun
            board.source = ArraySource(scene.picture)
            camera.capture()
            captured += time.process_time() - begun
            begun = time.process_time()
        camera.close()
    return SCENES / rendered, SCENES / captured


@click.command()
def main() -> None:
    """Print the tables."""
    for module in MODULES:
        click.echo(
            f"| {module} | " + " | ".join(f"{space}, ms" for space in COLORSPACES) + " |\n"
            "| --- | " + " | ".join("---" for _ in COLORSPACES) + " |"
        )
        for width in WIDTHS:
            cells = [f"{capture_ms(width, space, module):.2f}" for space in COLORSPACES]
            click.echo(f"| {width}x{width * 3 // 4} | " + " | ".join(cells) + " |")
        click.echo()
    click.echo("| level | rendered a second | rendered and captured a second |")
    click.echo("| --- | --- | --- |")
    for level in LEVELS:
        rendered, captured = scenes_a_second(level)
        click.echo(f"| {level} | {rendered:.0f} | {captured:.0f} |")


if __name__ == "__main__":
    run_tool(main)
