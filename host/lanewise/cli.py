# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The ``lanewise`` program: finds the command, turns errors into one line and an exit status.

Commands are imported when they are called, so that ``lanewise --help`` needs no torch and is quick.
"""

from __future__ import annotations

import errno
import importlib
from typing import Any

import click

from lanewise import __version__
from lanewise.errors import LanewiseError, MissingExtraError

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

_EXTRA_OF = {"torch": "train", "safetensors": "train", "matplotlib": "figures"}


class _Failure(click.ClickException):
    """A ``LanewiseError`` as click shows it: one line on stderr."""

    def __init__(self, error: LanewiseError) -> None:
        words = " ".join(str(error).split())
        super().__init__("".join(letter if letter.isprintable() else "?" for letter in words))
        self.status = error.exit_status

    @property
    def exit_code(self) -> int:  # type: ignore[override]
        return self.status

    def show(self, file: Any = None) -> None:
        click.echo(f"lanewise: {self.message}", file=file, err=file is None)


class _Commands(click.Group):
    """A group that imports a command's module when the command is named."""

    def list_commands(self, context: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        try:
            module = importlib.import_module(f"lanewise.commands.{name}")
        except ModuleNotFoundError as error:
            raise _Failure(_missing(error)) from error
        return next(
            value
            for value in vars(module).values()
            if isinstance(value, click.Command) and value.name == name
        )

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except LanewiseError as error:
            raise _Failure(error) from error
        except ModuleNotFoundError as error:
            raise _Failure(_missing(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # who read the output has gone: click ends quietly
            raise _Failure(LanewiseError(_refused(error))) from error


def _refused(error: OSError) -> str:
    """What the system would not do, for whoever met no better words on the way."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; mend that and repeat the command"


def _missing(error: ModuleNotFoundError) -> LanewiseError:
    extra = _EXTRA_OF.get((error.name or "").split(".")[0])
    if extra is None:
        raise error
    return MissingExtraError(
        f"this needs {error.name}; install it with: pip install 'lanewise[{extra}]'"
    )


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Begin with: lanewise demo",
)
@click.version_option(__version__, prog_name="lanewise")
def main() -> None:
    """Teach a four-dollar board to read handwritten digits, in integers proved safe."""
