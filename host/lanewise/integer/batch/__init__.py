# SPDX-FileCopyrightText: 2026 The Lanewise developers
# SPDX-License-Identifier: MIT
"""Certified programs on batches of images at a desk's full speed, in exact floating point.

A certificate bounds every partial sum, in any order. Below ``2**24`` float32 holds such integers,
and so does a product with a power of two: a BLAS product of float32 matrices is then exact however
it blocks and reorders its sums. ``run.py`` chooses the type and the layout; ``dense.py`` runs
chains of dense layers, ``maps.py`` everything else.
"""
