# SPDX-License-Identifier: GPL-2.0-only
"""Topics of generated policies: each policy is about some of them. A new form of the language joins as a topic of its own."""

from . import bits, data, endings, groups, locks, modules, others, rows, sets, shapes, trees, walks

TOPICS = (data.TOPIC, locks.TOPIC, trees.TOPIC, sets.TOPIC, walks.TOPIC, others.TOPIC, groups.TOPIC, rows.TOPIC, modules.TOPIC, endings.TOPIC,
          shapes.TOPIC, bits.TOPIC)  # fmt: skip
