# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Rendered pictures of what a desk camera sees: ``scenes(digits, count, difficulty, seed)``.

conditions.py draws what varies (paper, pen, light, clutter), page.py lays paper, lines, ink and
clutter, render.py adds light, lens and noise. The level ``wild`` has its own: oddities.py draws
what else varies there, wild_page.py lays it out with ground.py (tables, sheets) and clutter.py
(print, things), shade.py lights it, artefacts.py spoils it. numbers.py puts several digits in a
row (``number_scenes``). Everything follows from the seed.
"""

from lanewise.data.scenes.conditions import DIFFICULTIES, LEVELS, Conditions, draw_conditions
from lanewise.data.scenes.numbers import number_scenes
from lanewise.data.scenes.render import SIZE, Scene, render, scenes

__all__ = [
    "DIFFICULTIES",
    "LEVELS",
    "SIZE",
    "Conditions",
    "Scene",
    "draw_conditions",
    "number_scenes",
    "render",
    "scenes",
]
