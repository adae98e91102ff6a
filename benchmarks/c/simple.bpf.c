// SPDX-License-Identifier: GPL-2.0-only
// The scheduler of examples/simple.scx, with what scxdsl derives for it, as one would write it in C.
#include "scx_small.h"

#define SHARED 0
#define MS 1000000ULL
#define EINVAL 22

volatile const u64 slice = 20 * MS; // 100 us to 1 s
volatile const bool fifo = false;

u64 vtime_now;

struct stats {
	u64 direct;
	u64 queued;
};

struct {
	NUMBER(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	TYPE(key, u32);
	TYPE(value, struct stats);
	NUMBER(max_entries, 1);
} stats SEC(".maps");

struct user_exit_info uei;

char _license[] SEC("license") = "GPL";

static inline struct stats *counters(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&stats, &zero);
}

static inline u64 later(u64 a, u64 b)
{
	return (s64)(a - b) < 0 ? b : a;
}

SEC("struct_ops/simple_select_cpu")
s32 simple_select_cpu(u64 *ctx)
{
	struct task_struct *p = ARG(0, struct task_struct *);
	s32 prev = ARG(1, s32);
	u64 wake = ARG(2, u64);
	bool idle = false;
	s32 cpu = scx_bpf_select_cpu_dfl(p, prev, wake, &idle);

	if (idle) {
		struct stats *s = counters();

		if (s)
			s->direct++;
		dsq_insert(p, CORE_ENUM(enum scx_dsq_id_flags, SCX_DSQ_LOCAL), slice, 0);
	}
	return cpu;
}

SEC("struct_ops/simple_enqueue")
int simple_enqueue(u64 *ctx)
{
	struct task_struct *p = ARG(0, struct task_struct *);
	u64 flags = ARG(1, u64);
	struct stats *s = counters();

	if (s)
		s->queued++;
	if (fifo)
		dsq_insert(p, SHARED, slice, flags);
	else
		dsq_insert_vtime(p, SHARED, slice, later(p->scx.dsq_vtime, vtime_now - slice), flags);
	return 0;
}

SEC("struct_ops/simple_dispatch")
int simple_dispatch(u64 *ctx)
{
	dsq_move_to_local(SHARED);
	return 0;
}

SEC("struct_ops/simple_running")
int simple_running(u64 *ctx)
{
	struct task_struct *p = ARG(0, struct task_struct *);

	vtime_now = later(vtime_now, p->scx.dsq_vtime);
	return 0;
}

SEC("struct_ops/simple_stopping")
int simple_stopping(u64 *ctx)
{
	struct task_struct *p = ARG(0, struct task_struct *);
	u64 whole = slice, left = p->scx.slice;
	u64 used = whole > left ? whole - left : 0;

	task_set_vtime(p, p->scx.dsq_vtime + used * 100 / p->scx.weight);
	return 0;
}

SEC("struct_ops/simple_enable")
int simple_enable(u64 *ctx)
{
	struct task_struct *p = ARG(0, struct task_struct *);

	task_set_vtime(p, vtime_now);
	return 0;
}

SEC("struct_ops/simple_dump")
int simple_dump(u64 *ctx)
{
	DUMP("vtime_now=%llu\n", vtime_now);
	DUMP("shared.len=%lld\n", scx_bpf_dsq_nr_queued(SHARED));
	return 0;
}

SEC("struct_ops.s/simple_init")
s32 simple_init(u64 *ctx)
{
	u64 given = slice;
	s32 made;

	if (given < MS / 10 || given > 1000 * MS) {
		ERROR("parameter slice is out of range: %llu", given);
		return -EINVAL;
	}
	made = scx_bpf_create_dsq(SHARED, -1);
	if (made)
		ERROR("the kernel could not create the queue shared (%lld)", made);
	return made;
}

SEC("struct_ops.s/simple_exit")
int simple_exit(u64 *ctx)
{
	struct scx_exit_info *info = ARG(0, struct scx_exit_info *);
	u32 length = info->bt_len;

	bpf_probe_read_kernel_str(uei.reason, sizeof(uei.reason), info->reason);
	bpf_probe_read_kernel_str(uei.msg, sizeof(uei.msg), info->msg);
	bpf_probe_read_kernel(uei.bt, sizeof(uei.bt), info->bt);
	uei.bt_len = length < 16 ? length : 16;
	uei.exit_code = info->exit_code;
	*(volatile s32 *)&uei.kind = info->kind; // last: user space waits for it
	return 0;
}

SEC(".struct_ops.link")
struct sched_ext_ops simple_ops = {
	.select_cpu = (void *)simple_select_cpu,
	.enqueue = (void *)simple_enqueue,
	.dispatch = (void *)simple_dispatch,
	.running = (void *)simple_running,
	.stopping = (void *)simple_stopping,
	.enable = (void *)simple_enable,
	.dump = (void *)simple_dump,
	.init = (void *)simple_init,
	.exit = (void *)simple_exit,
	.name = "simple",
};
