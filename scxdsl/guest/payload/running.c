// SPDX-License-Identifier: GPL-2.0-only
// A loaded object: attach, detach, its maps, where its machine code came from.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "agent.h"

#define MAX_LINKS 64
#define MAX_ENTRIES 65536
#define MAX_CONTEXT 4096

static struct bpf_link *links[MAX_LINKS];
static int nr_links;

int links_destroy(void)
{
	int rc = 0;

	while (nr_links) {
		int one = bpf_link__destroy(links[--nr_links]);

		if (one && !rc)
			rc = one;
	}
	return rc;
}

static int keep(struct bpf_link *link, const char *name)
{
	int rc = link ? (nr_links == MAX_LINKS ? -E2BIG : 0) : -errno;

	if (!rc) {
		links[nr_links++] = link;
		return 0;
	}
	bpf_link__destroy(link);
	links_destroy();
	messages_flush();
	reply_end(rc, "attach %s: %s", name, strerror(-rc));
	return rc;
}

// Hooks first: what they observe begins with the scheduler.
void object_attach(void)
{
	struct bpf_program *prog;
	struct bpf_map *map;

	if (!object) {
		reply_end(-EINVAL, "no object is loaded");
		return;
	}
	bpf_object__for_each_program(prog, object) {
		enum bpf_prog_type type = bpf_program__type(prog);

		if (type == BPF_PROG_TYPE_STRUCT_OPS || type == BPF_PROG_TYPE_SYSCALL || bpf_program__fd(prog) < 0)
			continue;
		if (keep(bpf_program__attach(prog), bpf_program__name(prog)))
			return;
	}
	bpf_object__for_each_map(map, object)
		if (bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS &&
		    keep(bpf_map__attach_struct_ops(map), bpf_map__name(map)))
			return;
	messages_flush();
	reply_end(0, "%s", "");
}

void object_detach(void)
{
	int rc = links_destroy();

	messages_flush();
	reply_end(rc, "%s", rc ? strerror(-rc) : "");
}

static void put_lines(const struct bpf_prog_info *info, const struct bpf_line_info *lines, const __u64 *addresses,
		      const __u64 *starts, const __u32 *sizes)
{
	const struct btf *btf = bpf_object__btf(object);

	put_u32(info->nr_jited_line_info);
	for (__u32 i = 0; i < info->nr_jited_line_info; i++) {
		const char *file = btf__name_by_offset(btf, lines[i].file_name_off);

		put_u64(addresses[i]);
		put_u32(lines[i].line_col);
		put_string(file ? file : "");
	}
	put_u32(info->nr_jited_ksyms);
	for (__u32 i = 0; i < info->nr_jited_ksyms; i++) {
		put_u64(starts[i]);
		put_u32(sizes[i]);
	}
}

// The kernel gives the counts first and the arrays on the second call.
static void send_lines(struct bpf_program *prog)
{
	struct bpf_prog_info info = {}, want = {};
	__u32 len = sizeof(info);
	int fd = bpf_program__fd(prog);
	struct bpf_line_info *lines;
	__u64 *addresses, *starts;
	__u32 *sizes;

	if (fd < 0 || bpf_prog_get_info_by_fd(fd, &info, &len) || info.nr_line_info != info.nr_jited_line_info ||
	    info.nr_jited_ksyms != info.nr_jited_func_lens)
		return;
	lines = calloc(info.nr_line_info + 1, sizeof(*lines));
	addresses = calloc(info.nr_jited_line_info + 1, sizeof(*addresses));
	starts = calloc(info.nr_jited_ksyms + 1, sizeof(*starts));
	sizes = calloc(info.nr_jited_func_lens + 1, sizeof(*sizes));
	want.nr_line_info = info.nr_line_info;
	want.line_info_rec_size = sizeof(*lines);
	want.line_info = (uintptr_t)lines;
	want.nr_jited_line_info = info.nr_jited_line_info;
	want.jited_line_info_rec_size = sizeof(*addresses);
	want.jited_line_info = (uintptr_t)addresses;
	want.nr_jited_ksyms = info.nr_jited_ksyms;
	want.jited_ksyms = (uintptr_t)starts;
	want.nr_jited_func_lens = info.nr_jited_func_lens;
	want.jited_func_lens = (uintptr_t)sizes;
	len = sizeof(want);
	if (lines && addresses && starts && sizes && !bpf_prog_get_info_by_fd(fd, &want, &len)) {
		reply_begin(REPLY_LINES);
		put_string(bpf_program__name(prog));
		put_lines(&want, lines, addresses, starts, sizes);
		reply_send();
	}
	free(lines);
	free(addresses);
	free(starts);
	free(sizes);
}

void object_lines(void)
{
	struct bpf_program *prog;

	if (object)
		bpf_object__for_each_program(prog, object)
			send_lines(prog);
	reply_end(0, "%s", "");
}

static size_t value_size(const struct bpf_map *map)
{
	enum bpf_map_type type = bpf_map__type(map);
	size_t size = bpf_map__value_size(map);

	if (type == BPF_MAP_TYPE_PERCPU_ARRAY || type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_LRU_PERCPU_HASH)
		return ((size + 7) & ~(size_t)7) * libbpf_num_possible_cpus();
	return size;
}

void object_map(struct reader *r)
{
	char *name = get_string(r);
	struct bpf_map *map = object ? bpf_object__find_map_by_name(object, name) : NULL;
	int fd = map ? bpf_map__fd(map) : -1;
	char *key, *next, *value;
	size_t size;
	bool first = true;

	if (fd < 0) {
		reply_end(-ENOENT, "no map %s", name);
		free(name);
		return;
	}
	size = value_size(map);
	key = calloc(1, bpf_map__key_size(map) + 1);
	next = calloc(1, bpf_map__key_size(map) + 1);
	value = calloc(1, size + 1);
	for (int i = 0; key && next && value && i < MAX_ENTRIES; i++, first = false) {
		if (bpf_map_get_next_key(fd, first ? NULL : key, next))
			break;
		memcpy(key, next, bpf_map__key_size(map));
		if (bpf_map_lookup_elem(fd, key, value))
			continue;
		reply_begin(REPLY_ENTRY);
		put_blob(key, bpf_map__key_size(map));
		put_blob(value, size);
		reply_send();
	}
	free(key);
	free(next);
	free(value);
	free(name);
	reply_end(0, "%s", "");
}

// As many runs as there are contexts, with one answer for all. A syscall program's context is written back in place.
void object_test_run(struct reader *r)
{
	char *name = get_string(r), *out = NULL, *at;
	uint32_t n = get_u32(r), size = get_u32(r), len;
	const char *data = get_blob(r, &len);
	struct bpf_program *prog = object ? bpf_object__find_program_by_name(object, name) : NULL;
	int rc = !prog ? -ENOENT : size > MAX_CONTEXT ? -E2BIG : (size_t)n * size != len ? -EINVAL : 0;

	if (rc) {
		reply_end(rc, "cannot run %s", name);
		free(name);
		return;
	}
	out = at = malloc((size_t)n * (size + sizeof(uint32_t)) + 1);
	if (!out)
		rc = -ENOMEM;
	for (uint32_t i = 0; i < n && !rc; i++, at += size) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = size ? at + sizeof(uint32_t) : NULL, .ctx_size_in = size);

		memcpy(at + sizeof(uint32_t), data + (size_t)i * size, size);
		rc = bpf_prog_test_run_opts(bpf_program__fd(prog), &opts);
		memcpy(at, &opts.retval, sizeof(uint32_t));
		at += sizeof(uint32_t);
	}
	if (!rc) {
		reply_begin(REPLY_DATA);
		put_blob(out, n * (size + sizeof(uint32_t)));
		reply_send();
	}
	reply_end(rc, "%s", rc ? strerror(-rc) : "");
	free(out);
	free(name);
}

// The kernel counts while somebody holds the descriptor (kernel/bpf/syscall.c: bpf_enable_runtime_stats).
void object_cost(struct reader *r)
{
	static int counting = -1;
	bool on = get_u32(r);
	struct bpf_program *prog;

	if (object) {
		bpf_object__for_each_program(prog, object) {
			struct bpf_prog_info info = {};
			__u32 len = sizeof(info);

			if (bpf_program__fd(prog) < 0 || bpf_prog_get_info_by_fd(bpf_program__fd(prog), &info, &len))
				continue;
			reply_begin(REPLY_COST);
			put_string(bpf_program__name(prog));
			put_u64(info.run_time_ns);
			put_u64(info.run_cnt);
			reply_send();
		}
	}
	if (on && counting < 0) {
		counting = bpf_enable_stats(BPF_STATS_RUN_TIME);
		if (counting < 0) {
			reply_end(-errno, "count run time: %s", strerror(errno));
			return;
		}
	} else if (!on && counting >= 0) {
		close(counting);
		counting = -1;
	}
	reply_end(0, "%s", "");
}
