# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The ``lanewise`` program: finds the command, turns errors into one line and an exit status.

Commands are imported when they are called, so that ``lanewise --help`` needs no torch and is quick.
"""

from __future__ import annotations

import importlib
from typing import Any

import click

from lanewise import __version__
from lanewise.endings import in_words, uninterrupted

COMMANDS: dict[str, str] = {
    "demo": "Train, certify, export and read digits with an emulated camera.",
    "train": "Train a constrained network.",
    "quantize": "Fold a checkpoint into an integer program.",
    "certify": "Prove the accumulator bounds of a model.",
    "evaluate": "Measure a model on a data set with any engine.",
    "inspect": "Measure what each layer of a model does to signal.",
    "export": "Write a model for the place that runs it.",
    "import": "Bring a model from elsewhere.",
    "bench": "Predict what a model costs on a board, engine by engine.",
    "emulate": "Read pictures through the emulated camera and board.",
    "models": "List the models that come with Lanewise.",
    "boards": "List the boards that are plugged in.",
    "firmware": "Fetch and list CircuitPython files.",
    "flash": "Put CircuitPython onto a board.",
    "deploy": "Bring the reader and a model onto a board, or take that back.",
    "monitor": "Watch a board read digits.",
    "doctor": "Check computer, board, camera and model, with remedies.",
    "data": "Fetch, list and show data sets.",
}
"""Name and one line of each command; ``lanewise.commands.NAME`` holds the command called so."""


class _Commands(click.Group):
    """A group that imports a command's module when the command is named."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        with in_words(), uninterrupted():
            module = importlib.import_module(f"lanewise.commands.{name}")
        return next(
            value
            for value in vars(module).values()
            if isinstance(value, click.Command) and value.name == name
        )

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, context: click.Context) -> Any:
        with in_words():
            return super().invoke(context)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with: lanewise demo",
)
@click.version_option(__version__, prog_name="lanewise")
def main() -> None:
    """Teach a four-dollar board to read handwritten digits, in integers proved safe."""
