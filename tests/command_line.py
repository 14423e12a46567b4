# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""``lanewise`` as a user calls it, in this process."""

from __future__ import annotations

from click.testing import CliRunner

from lanewise.cli import main


def run(*arguments: object) -> tuple[int, str, str]:
    """Exit status, standard output and standard error; raises what a user would see as a defect."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.stdout, result.stderr
