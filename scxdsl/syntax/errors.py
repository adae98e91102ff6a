# SPDX-License-Identifier: GPL-2.0-only
"""All errors of this folder in one import: what `scxdsl explain` and the catalogue's tests need."""

from . import errors_forms, errors_habits, errors_lexical, errors_syntax

MODULES = (errors_lexical, errors_syntax, errors_habits, errors_forms)
