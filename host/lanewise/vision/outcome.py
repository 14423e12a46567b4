# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""What a look at a frame can end in. Twin of ``lanecam.vision.outcome``, which explains each."""

DIGIT = "digit"
NOTHING = "nothing-here"
TOO_SMALL = "too-small"
CUT = "cut-by-border"
SEVERAL = "several-digits"
TOO_DARK = "too-dark"
TOO_BRIGHT = "too-bright"
CLUTTERED = "cluttered"
BLURRED = "blurred"
NUMBER = "number"
UNSURE = "unsure"
