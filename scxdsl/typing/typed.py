# SPDX-License-Identifier: GPL-2.0-only
"""The typed tree: what a policy means, with every name resolved, every conversion written and every default filled in.

Interpreter and lowering read it, and nothing before it. Operands of arithmetic are already widened: their type is u64, i64
or a unit (which is a u64). Evaluation is left to right, a place before its value, each once.
"""

# ruff: noqa: F403, F401
from .typed_base import *
from .typed_cgroups import *
from .typed_control import *
from .typed_cpumasks import *
from .typed_data import *
from .typed_declarations import *
from .typed_expressions import *
from .typed_inboxes import *
from .typed_locks import *
from .typed_maps import *
from .typed_owners import *
from .typed_places import *
from .typed_programs import *
from .typed_recording import *
from .typed_rings import *
from .typed_queues import *
from .typed_state import *
from .typed_statements import *
from .typed_texts import *
from .typed_tests import *
from .typed_timers import *
from .typed_trees import *
from .types import FlagsType

TELLS_ALL = "SCX_DEQ_SCHED_CHANGE"  # kernels that have it call dequeue whenever a task leaves the policy's custody

FLAG_TYPES: dict[str, FlagsType] = {
    "enq": FlagsType("scx_enq_flags", "SCX_ENQ_", "enqueue flags"),
    "deq": FlagsType("scx_deq_flags", "SCX_DEQ_", "dequeue flags"),
    "wake": FlagsType("scx_wake_flags", "SCX_WAKE_", "wake flags"),
    "kick": FlagsType("scx_kick_flags", "SCX_KICK_", "kick flags"),
    "ops": FlagsType("scx_ops_flags", "SCX_OPS_", "scheduler flags"),
    "pick": FlagsType("scx_pick_idle_cpu_flags", "SCX_PICK_IDLE_", "idle flags"),
}
