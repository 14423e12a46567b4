# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""A model that cannot fit is refused before its weights are read, with both numbers."""

from __future__ import annotations

import gc

import pytest

from lanewise.resources import bundled, import_lanecam

import_lanecam()
from lanecam.errors import ModelError  # noqa: E402
from lanecam.model import load  # noqa: E402


def test_weights_and_maps_are_counted_before_loading(monkeypatch):
    path = str(bundled("models") / "pebble" / "model.lanes")
    # Weights in whole bytes, channels with bias and shift, and the maps.
    need = 5824 + 5 * (9 + 9 + 16 + 19 + 19 + 10) + 3600 + 900 + 1024 + 684 + 171 + 10
    monkeypatch.setattr(gc, "mem_free", lambda: need - 1, raising=False)
    with pytest.raises(ModelError, match=rf"needs {need} bytes of memory, {need - 1} are free"):
        load(path)
    monkeypatch.setattr(gc, "mem_free", lambda: need, raising=False)
    assert load(path).name == "pebble"


def test_plain_loops_are_refused_where_their_maps_do_not_fit(monkeypatch):
    from lanecam.reader_start import require_maps

    pebble = load(str(bundled("models") / "pebble" / "model.lanes"))
    # The first convolution: 22 x 22 read, 9 x 20 x 20 made; its pool reads 3,600 and makes 900.
    monkeypatch.setattr(gc, "mem_free", lambda: 4499, raising=False)
    with pytest.raises(ModelError, match="need 4500 bytes, 3600 of them in one piece; 4499 are"):
        require_maps(pebble)
    monkeypatch.setattr(gc, "mem_free", lambda: 4500, raising=False)
    require_maps(pebble)
