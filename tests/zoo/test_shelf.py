# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""The models that come with Lanewise are found by name, and their cards say what scripts need."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from lanewise.cli import main
from lanewise.export.lanes import read, stored_bytes
from lanewise.zoo.shelf import model_path, shelf


def test_every_shelved_model_reads_as_its_card_says():
    found = shelf()
    assert {"dense14", "dense14-pen"} <= {one.name for one in found}
    for one in found:
        program, proof = read(one.path)
        assert stored_bytes(program) == one.card["stored_bytes"]
        assert proof.acc_bits == one.card["acc_bits"]


def test_models_are_listed_for_people_and_machines():
    result = CliRunner().invoke(main, ["models", "--json"])
    cards = json.loads(result.stdout)
    keys = {"name", "path", "stored_bytes", "accuracy", "acc_bits", "cycles_rp2040"}
    assert all(keys <= set(card) for card in cards)
    assert all(Path(card["path"]).is_file() for card in cards)
    assert "98." in CliRunner().invoke(main, ["models"]).stdout
    assert "held out" in CliRunner().invoke(main, ["models", "dense14"]).stdout


def test_an_unknown_model_is_named_with_those_there_are():
    result = CliRunner().invoke(main, ["models", "boulder"])
    assert result.exit_code == 2
    assert "'boulder'" in result.stderr and "dense14" in result.stderr


def test_names_stand_for_files_and_files_come_first(tmp_path, monkeypatch):
    assert model_path(Path("dense14")).name == "model.lanes"
    assert model_path(Path("missing.lanes")) == Path("missing.lanes")
    monkeypatch.chdir(tmp_path)
    Path("dense14").write_bytes(b"mine")
    assert model_path(Path("dense14")) == Path("dense14")
    result = CliRunner().invoke(main, ["certify", "dense14-pen"])
    assert result.exit_code == 0 and "12 bits" in result.stdout


def test_a_name_that_is_neither_file_nor_model_is_told_with_the_models():
    result = CliRunner().invoke(main, ["certify", "boulder"])
    assert result.exit_code == 1 and result.stderr.count("\n") == 1
    assert "boulder is no file and no model of the zoo" in result.stderr
    assert "dense14-pen" in result.stderr
