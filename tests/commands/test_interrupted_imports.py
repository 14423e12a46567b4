# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Ctrl-C while a command's modules are imported ends the command, not a module by half."""

from __future__ import annotations

import signal

import pytest
from click.testing import CliRunner

from lanewise import cli
from lanewise.endings import uninterrupted


def test_a_signal_waits_until_the_import_is_done(monkeypatch):
    real, done = cli.importlib.import_module, []

    def interrupted(name):
        signal.raise_signal(signal.SIGINT)
        done.append(name)
        return real(name)

    monkeypatch.setattr(cli.importlib, "import_module", interrupted)
    before = signal.getsignal(signal.SIGINT)
    result = CliRunner().invoke(cli.main, ["models"])
    assert (done, result.stdout, result.exit_code) == (["lanewise.commands.models"], "", 1)
    assert result.stderr.split() == ["Aborted!"]
    assert signal.getsignal(signal.SIGINT) is before


def test_what_fails_in_there_fails_as_it_is():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(ZeroDivisionError), uninterrupted():
        signal.raise_signal(signal.SIGINT)
        raise ZeroDivisionError
    assert signal.getsignal(signal.SIGINT) is before
