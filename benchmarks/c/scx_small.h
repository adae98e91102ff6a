/* SPDX-License-Identifier: GPL-2.0-only
 *
 * What a sched_ext program in C needs, and nothing else: the kernel's types with the fields in use, relocated by CO-RE, and
 * the declarations of helpers and kernel functions. With VMLINUX they come from the
 * kernel's whole vmlinux.h and from libbpf's headers instead, which is how sched_ext programs are written.
 */
#pragma once

#ifdef VMLINUX
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#undef SEC
#else
typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef int s32;
typedef long long s64;
#define bool _Bool
#define false 0
#define true 1
#endif

#define SEC(name) __attribute__((section(name), used))
#define CORE __attribute__((preserve_access_index))
#define KFUNC extern __attribute__((section(".ksyms")))
#define WEAK_KFUNC extern __attribute__((section(".ksyms"), weak))
#define inline inline __attribute__((always_inline))
#define EXISTS(function) (!!(function))

/* Maps, in libbpf's convention. */
#define NUMBER(name, value) int (*name)[value]
#define TYPE(name, value) typeof(value) *name
#define BPF_MAP_TYPE_PERCPU_ARRAY 6

/* Kernel types. */
#define CORE_ENUM(type, name) __builtin_preserve_enum_value(*(typeof(type) *)name, 1)

#ifndef VMLINUX
enum scx_exit_kind { SCX_EXIT_NONE };
enum scx_dsq_id_flags { SCX_DSQ_LOCAL = 1ULL << 63 | 2 };

struct sched_ext_entity {
	u64 slice;
	u64 dsq_vtime;
	u32 weight;
} CORE;

struct task_struct {
	struct sched_ext_entity scx;
} CORE;

struct scx_exit_info {
	enum scx_exit_kind kind;
	s64 exit_code;
	const char *reason;
	unsigned long *bt;
	u32 bt_len;
	char *msg;
} CORE;

struct scx_dump_ctx;

struct sched_ext_ops {
	s32 (*select_cpu)(struct task_struct *p, s32 prev_cpu, u64 wake_flags);
	void (*enqueue)(struct task_struct *p, u64 enq_flags);
	void (*dispatch)(s32 cpu, struct task_struct *prev);
	void (*running)(struct task_struct *p);
	void (*stopping)(struct task_struct *p, bool runnable);
	void (*enable)(struct task_struct *p);
	void (*dump)(struct scx_dump_ctx *ctx);
	s32 (*init)(void);
	void (*exit)(struct scx_exit_info *info);
	char name[128];
};

/* Helpers, by number (include/uapi/linux/bpf.h). */
static void *(*const bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*const bpf_probe_read_kernel)(void *to, u32 size, const void *from) = (void *)113;
static long (*const bpf_probe_read_kernel_str)(void *to, u32 size, const void *from) = (void *)115;
#endif

/* Kernel functions: those of one name everywhere, then those that some kernel lacks. */
KFUNC s32 scx_bpf_select_cpu_dfl(struct task_struct *p, s32 prev_cpu, u64 wake_flags, bool *is_idle);
KFUNC s32 scx_bpf_create_dsq(u64 dsq_id, s32 node);
KFUNC s32 scx_bpf_dsq_nr_queued(u64 dsq_id);
KFUNC void scx_bpf_error_bstr(char *fmt, u64 *data, u32 data__sz);
KFUNC void scx_bpf_dump_bstr(char *fmt, u64 *data, u32 data__sz);

WEAK_KFUNC void scx_bpf_dsq_insert(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags);
WEAK_KFUNC void scx_bpf_dispatch(struct task_struct *p, u64 dsq_id, u64 slice, u64 enq_flags);
WEAK_KFUNC void scx_bpf_dsq_insert_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags);
WEAK_KFUNC void scx_bpf_dispatch_vtime(struct task_struct *p, u64 dsq_id, u64 slice, u64 vtime, u64 enq_flags);
WEAK_KFUNC bool scx_bpf_dsq_move_to_local(u64 dsq_id);
WEAK_KFUNC bool scx_bpf_consume(u64 dsq_id);
WEAK_KFUNC bool scx_bpf_task_set_dsq_vtime(struct task_struct *p, u64 vtime);

static inline void dsq_insert(struct task_struct *p, u64 dsq, u64 slice, u64 flags)
{
	if (EXISTS(scx_bpf_dsq_insert))
		scx_bpf_dsq_insert(p, dsq, slice, flags);
	else
		scx_bpf_dispatch(p, dsq, slice, flags);
}

static inline void dsq_insert_vtime(struct task_struct *p, u64 dsq, u64 slice, u64 vtime, u64 flags)
{
	if (EXISTS(scx_bpf_dsq_insert_vtime))
		scx_bpf_dsq_insert_vtime(p, dsq, slice, vtime, flags);
	else
		scx_bpf_dispatch_vtime(p, dsq, slice, vtime, flags);
}

static inline void dsq_move_to_local(u64 dsq)
{
	if (EXISTS(scx_bpf_dsq_move_to_local))
		scx_bpf_dsq_move_to_local(dsq);
	else
		scx_bpf_consume(dsq);
}

static inline void task_set_vtime(struct task_struct *p, u64 vtime)
{
	if (EXISTS(scx_bpf_task_set_dsq_vtime))
		scx_bpf_task_set_dsq_vtime(p, vtime);
	else
		p->scx.dsq_vtime = vtime;
}

/* Messages with one number. */
#define PRINT(function, text, value)                      \
	({                                                \
		static char fmt[] = text;                 \
		u64 data[] = { value };                   \
		function(fmt, data, sizeof(data));        \
	})
#define STRING_(x) #x
#define STRING(x) STRING_(x)
#define ERROR(text, value) PRINT(scx_bpf_error_bstr, __FILE_NAME__ ":" STRING(__LINE__) ": " text, value)
#define DUMP(text, value) PRINT(scx_bpf_dump_bstr, text, value)

/* A program's arguments out of its context. */
#define ARG(n, type) ((type)ctx[n])

struct user_exit_info {
	s32 kind;
	u32 bt_len;
	s64 exit_code;
	u64 bt[16];
	char reason[128];
	char msg[1024];
};
