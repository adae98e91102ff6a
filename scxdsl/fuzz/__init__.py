# SPDX-License-Identifier: GPL-2.0-only
"""Engines side by side: generated policies and event scripts, what differs, and the smallest case that does."""
