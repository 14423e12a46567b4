# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Lanecam reads handwritten digits with an OV7670 camera on CircuitPython, in integers only."""

running = None
"""The app that runs, for whoever looks into the board. Not in ``app``: what a collection reaches
through a module of many names it may have to search for twice."""
