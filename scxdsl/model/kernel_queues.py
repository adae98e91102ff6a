# SPDX-License-Identifier: GPL-2.0-only
"""What programs may ask about queues and do with them. Source: kernel/sched/ext.c, the functions named scx_bpf_<method>."""

from . import findings
from .dsq import Dsq
from .enqueue import commit, do_enqueue
from .kernel_base import KernelBase
from .moves import consume, flush, move_between
from .queues import cpu_valid, find, remove
from .state import CPU_RELEASE, DISPATCH, ENQUEUE
from .task import Task

_EINVAL, _ENOENT, _EEXIST, _ENOMEM = -22, -2, -17, -12


class KernelQueues(KernelBase):
    # ---- inserting and moving

    def dsq_insert(self, p: Task, dsq_id: int, slice: int, enq_flags: int) -> bool:
        self.traced("dsq_insert", p.pid, dsq_id, slice, enq_flags)
        if not self._may_insert(p, enq_flags):
            return False
        p.slice = slice or p.slice or 1
        return self._commit(p, dsq_id, enq_flags)

    def dsq_insert_vtime(self, p: Task, dsq_id: int, slice: int, vtime: int, enq_flags: int) -> bool:
        self.traced("dsq_insert_vtime", p.pid, dsq_id, slice, vtime, enq_flags)
        if not self._may_insert(p, enq_flags):
            return False
        p.slice = slice or p.slice or 1
        p.vtime = vtime
        return self._commit(p, dsq_id, enq_flags | self.m.k.enq_dsq_priq)

    def _may_insert(self, p: Task | None, flags: int) -> bool:
        """scx_dsq_insert_preamble."""
        if not self._allowed_insert():
            return False
        if p is None:
            self.m.eject(findings.NullTask())
            return False
        if flags & self.m.k.enq_internal:
            self.m.eject(findings.InvalidEnqFlags(flags))
            return False
        return True

    def _allowed_insert(self) -> bool:
        m = self.m
        if m.version >= (7, 1):
            return True
        if not m.allowed & (ENQUEUE | DISPATCH):
            m.eject(findings.WrongContext(ENQUEUE | DISPATCH, m.allowed))
            return False
        return True

    def _commit(self, p: Task, dsq_id: int, flags: int) -> bool:
        return commit(self.m, p, dsq_id, flags)

    def dsq_move_to_local(self, dsq_id: int, enq_flags: int = 0) -> bool:
        m = self.m
        done = False
        if self.allowed(DISPATCH):
            here = m.cpus[m.this]
            flush(m, here)
            dsq = self.user_dsq(dsq_id)
            if dsq is None:
                m.eject(findings.InvalidDsq(dsq_id))
            elif consume(m, here, dsq, enq_flags):
                here.dispatched += 1
                done = True
        self.traced("dsq_move_to_local", dsq_id, enq_flags, done)
        return done

    def user_dsq(self, dsq_id: int) -> Dsq | None:
        """A queue of the policy, by its id."""
        return None if dsq_id & self.m.k.dsq_flag_builtin else self.m.dsqs.get(dsq_id)

    def dispatch_nr_slots(self) -> int:
        m = self.m
        found = m.max_batch - len(m.cpus[m.this].buffer) if self.allowed(DISPATCH) else 0
        self.traced("dispatch_nr_slots", found)
        return found

    def dispatch_cancel(self) -> None:
        self.traced("dispatch_cancel")
        m = self.m
        if self.allowed(DISPATCH):
            buffer = m.cpus[m.this].buffer
            if buffer:
                buffer.pop()
            else:
                m.eject(findings.BufferUnderflow())

    def dsq_move(self, dsq: Dsq | None, limit: int, p: Task, dsq_id: int, flags: int, slice: int | None = None,
                 vtime: int | None = None, priq: bool = False) -> bool:  # fmt: skip
        """scx_dsq_move, of a task found by an iterator over `dsq` that began when the queue's seq was `limit`."""
        m = self.m
        done = False
        in_place = m.allowed in (0,) or m.version >= (7, 1) or self.allowed(DISPATCH)
        if dsq is not None and in_place and p.dsq is dsq and p.dsq_seq <= limit:
            target = find(m, m.cpus[m.this], dsq_id, p)
            if vtime is not None:
                p.vtime = vtime
            if slice is not None:
                p.slice = slice
            move_between(m, p, flags | (m.k.enq_dsq_priq if priq else 0), dsq, target)
            done = True
        self.traced("dsq_move", p.pid, dsq_id, flags, slice, vtime, priq, done)
        return done

    def reenqueue_local(self) -> int:
        """Up to 6.18 from cpu_release only, later from anywhere, when it takes place afterwards."""
        m = self.m
        count = 0
        if m.version >= (6, 19) or self.allowed(CPU_RELEASE):
            here = m.cpus[m.this]
            tasks = list(here.local.tasks)
            for p in tasks:
                remove(m, p)
            for p in tasks:
                do_enqueue(m, here, p, m.k.enq_reenq)
            count = len(tasks)
        self.traced("reenqueue_local", count)
        return count

    # ---- queues

    def create_dsq(self, dsq_id: int, node: int = -1) -> int:
        m = self.m
        if node >= len(m.globals) or node < -1 or dsq_id & m.k.dsq_flag_builtin:
            result = _EINVAL
        elif dsq_id in m.dsqs:
            result = _EEXIST
        elif m.lacks_memory("dsq", dsq_id):
            result = _ENOMEM
        else:
            m.dsqs[dsq_id] = Dsq(dsq_id, None, node)
            result = 0
        self.traced("create_dsq", dsq_id, node, result)
        return result

    def destroy_dsq(self, dsq_id: int) -> None:
        self.traced("destroy_dsq", dsq_id)
        dsq = self.user_dsq(dsq_id)
        if dsq is None:
            return
        if dsq.tasks:
            self.m.eject(findings.DsqInUse(dsq_id, len(dsq)))
            return
        dsq.destroyed = True
        del self.m.dsqs[dsq_id]

    def dsq_nr_queued(self, dsq_id: int) -> int:
        m, k = self.m, self.m.k
        if dsq_id == k.dsq_local:
            found = len(m.cpus[m.this].local)
        elif dsq_id & k.dsq_local_on == k.dsq_local_on:
            cpu = dsq_id & k.dsq_local_cpu_mask
            found = len(m.cpus[cpu].local) if cpu_valid(self.m, cpu) else _ENOENT
        else:
            dsq = self.user_dsq(dsq_id)
            found = len(dsq) if dsq is not None else _ENOENT
        self.traced("dsq_nr_queued", dsq_id, found)
        return found

    def dsq_peek(self, dsq_id: int) -> Task | None:
        m = self.m
        found = None
        if dsq_id & m.k.dsq_flag_builtin:
            m.eject(findings.PeekBuiltin(dsq_id))
        elif (dsq := m.dsqs.get(dsq_id)) is None:
            m.eject(findings.PeekMissing(dsq_id))
        elif dsq.tasks:
            found = dsq.tasks[0]
        return found
