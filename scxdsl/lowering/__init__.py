# SPDX-License-Identifier: GPL-2.0-only
"""From the typed tree to the policy IR, one file per thing that is rewritten."""
