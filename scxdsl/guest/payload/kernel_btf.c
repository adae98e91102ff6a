// SPDX-License-Identifier: GPL-2.0-only
// The running kernel's BTF: parsed once and indexed by name, for the agent and for libbpf, which would parse it anew for each object and
// walk all of its types for each kernel function and each member of the ops table. The linker sends libbpf's calls here (--wrap, see agent.py).
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#include "agent.h"

#define BUCKETS (1u << 17)

struct btf *__real_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *btf);
__s32 __real_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind);
__s32 __real_btf__find_by_name_kind_own(const struct btf *btf, const char *name, __u32 kind);

static struct btf *kernel;
static __u32 first[BUCKETS];	// the lowest id whose name falls there; 0, which is void, for none
static __u32 *next;

static __u32 bucket(const char *name)
{
	__u32 hash = 2166136261u;

	while (*name)
		hash = (hash ^ (unsigned char)*name++) * 16777619u;
	return (hash ^ hash >> 17) % BUCKETS;
}

static const char *name_of(__u32 id)
{
	return btf__name_by_offset(kernel, btf__type_by_id(kernel, id)->name_off);
}

struct btf *kernel_btf(void)
{
	__u32 count;

	if (kernel)
		return kernel;
	kernel = __real_btf__load_vmlinux_btf();
	if (!kernel)
		return NULL;
	count = btf__type_cnt(kernel);
	next = calloc(count, sizeof(*next));
	for (__u32 id = count - 1; next && id; id--) {	// downwards, so that of one name the lowest comes first, as in libbpf's walk
		const char *name = name_of(id);

		if (name && *name) {
			__u32 at = bucket(name);

			next[id] = first[at];
			first[at] = id;
		}
	}
	return kernel;
}

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	return kernel_btf();
}

void __wrap_btf__free(struct btf *btf)
{
	if (!kernel || btf != kernel)
		__real_btf__free(btf);
}

static __s32 find(const char *name, __u32 kind)
{
	for (__u32 id = first[bucket(name)]; id; id = next[id])
		if (btf_kind(btf__type_by_id(kernel, id)) == kind && !strcmp(name_of(id), name))
			return id;
	return -ENOENT;
}

__s32 __wrap_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind)
{
	if (btf != kernel || !next || kind == BTF_KIND_UNKN)
		return __real_btf__find_by_name_kind(btf, name, kind);
	return find(name, kind);
}

__s32 __wrap_btf__find_by_name_kind_own(const struct btf *btf, const char *name, __u32 kind)
{
	if (btf != kernel || !next || kind == BTF_KIND_UNKN)
		return __real_btf__find_by_name_kind_own(btf, name, kind);
	return find(name, kind);
}
