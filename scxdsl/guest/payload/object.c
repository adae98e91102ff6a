// SPDX-License-Identifier: GPL-2.0-only
// Opening, patching and loading the object under test, with a log for each of its programs.
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "agent.h"

#define MAX_PROGRAMS 512
#define LOG_SIZE (8u << 20)

struct bpf_object *object;

static void *bytes;
static size_t bytes_len;
static char *logs[MAX_PROGRAMS];
static char messages[65536];
static size_t messages_len;

static int collect(enum libbpf_print_level level, const char *format, va_list args)
{
	size_t room = sizeof(messages) - messages_len;
	int n;

	if (level == LIBBPF_DEBUG)
		return 0;
	n = vsnprintf(messages + messages_len, room, format, args);
	if (n > 0)
		messages_len += (size_t)n < room ? (size_t)n : room - 1;
	return 0;
}

void messages_init(void)
{
	libbpf_set_print(collect);
}

void messages_flush(void)
{
	if (messages_len)
		reply_string(REPLY_MESSAGE, messages);
	messages_len = 0;
	messages[0] = 0;
}

void object_close(void)
{
	if (object)
		bpf_object__close(object);
	object = NULL;
	for (int i = 0; i < MAX_PROGRAMS; i++) {
		free(logs[i]);
		logs[i] = NULL;
	}
}

static bool has_member(const struct btf *btf, const struct btf_type *type, const char *name)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(name, btf__name_by_offset(btf, btf_members(type)[i].name_off)))
			return true;
	return false;
}

// libbpf refuses an ops table with a member that the kernel lacks unless its value is zero (bpf_map__init_kern_struct_ops).
static void zero_lacking_members(struct bpf_map *map, const struct btf *kernel)
{
	const struct btf *own = bpf_object__btf(object);
	const struct btf_type *table = btf__type_by_id(own, bpf_map__btf_value_type_id(map));
	size_t size;
	char *data = bpf_map__initial_value(map, &size);
	int id = btf__find_by_name_kind(kernel, btf__name_by_offset(own, table->name_off), BTF_KIND_STRUCT);

	if (id < 0 || !data)
		return;
	for (int i = 0; i < btf_vlen(table); i++) {
		const char *name = btf__name_by_offset(own, btf_members(table)[i].name_off);
		__s64 len = btf__resolve_size(own, btf_members(table)[i].type);

		if (len <= 0 || has_member(kernel, btf__type_by_id(kernel, id), name))
			continue;
		memset(data + btf_member_bit_offset(table, i) / 8, 0, len);
		reply_string(REPLY_ZEROED, name);
	}
}

void object_open(struct reader *r)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .object_name = "policy");
	uint32_t level = get_u32(r), len;
	const void *blob = get_blob(r, &len);
	char *config = get_string(r);
	struct bpf_program *prog;
	struct bpf_map *map;
	struct btf *kernel;
	int n = 0;

	links_destroy();
	object_close();
	if (len) {
		void *copy = malloc(len);

		if (!copy) {
			free(config);
			reply_end(-ENOMEM, "no memory for the object");
			return;
		}
		free(bytes);
		bytes = memcpy(copy, blob, len);
		bytes_len = len;
	}
	if (*config)
		opts.kconfig = config;
	object = bytes ? bpf_object__open_mem(bytes, bytes_len, &opts) : NULL;	// libbpf copies what it keeps
	int rc = object ? 0 : bytes ? -errno : -EINVAL;
	free(config);
	if (!object) {

		messages_flush();
		reply_end(rc, "open: %s", strerror(-rc));
		return;
	}
	bpf_object__for_each_program(prog, object) {
		if (n == MAX_PROGRAMS)
			break;
		logs[n] = calloc(1, LOG_SIZE);
		if (logs[n])
			bpf_program__set_log_buf(prog, logs[n], LOG_SIZE);
		bpf_program__set_log_level(prog, level);
		n++;
	}
	kernel = kernel_btf();
	bpf_object__for_each_map(map, object)
		if (kernel && bpf_map__type(map) == BPF_MAP_TYPE_STRUCT_OPS)
			zero_lacking_members(map, kernel);
	messages_flush();
	reply_end(0, "%s", "");
}

// libbpf loads every program that a table names, whatever its autoload flag says (bpf_object_adjust_struct_ops_autoload):
// the table must lose it. Until load, a member of the table's value holds the program's address.
static void remove_from_tables(struct bpf_program *prog)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		size_t size;
		char *data;

		if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
			continue;
		data = bpf_map__initial_value(map, &size);
		for (size_t at = 0; data && at + sizeof(prog) <= size; at += sizeof(prog))
			if (!memcmp(data + at, &prog, sizeof(prog)))
				memset(data + at, 0, sizeof(prog));
	}
}

void object_skip(struct reader *r)
{
	while (object && r->at < r->end && !r->broken) {
		char *name = get_string(r);
		struct bpf_program *prog = bpf_object__find_program_by_name(object, name);

		if (prog) {
			bpf_program__set_autoload(prog, false);
			remove_from_tables(prog);
		}
		free(name);
	}
	reply_end(0, "%s", "");
}

static bool has_target(struct bpf_program *prog, const struct btf *kernel)
{
	const char *section = bpf_program__section_name(prog);
	const char *target = strchr(section, '/');
	char name[256];

	if (!target)
		return true;
	if (strncmp(section + (*section == '?'), "tp_btf/", 7))
		return btf__find_by_name_kind(kernel, target + 1, BTF_KIND_FUNC) >= 0;
	snprintf(name, sizeof(name), "btf_trace_%s", target + 1);
	return btf__find_by_name_kind(kernel, name, BTF_KIND_TYPEDEF) >= 0;
}

void object_include(struct reader *r)
{
	struct btf *kernel = kernel_btf();

	while (object && r->at < r->end && !r->broken) {
		char *name = get_string(r);
		struct bpf_program *prog = bpf_object__find_program_by_name(object, name);
		bool there = prog && kernel && has_target(prog, kernel);

		if (prog)
			bpf_program__set_autoload(prog, there);
		if (!there)
			reply_string(REPLY_LACKING, name);
		free(name);
	}
	reply_end(0, "%s", "");
}

void object_patch(struct reader *r)
{
	char *section = get_string(r);
	uint32_t offset = get_u32(r), len;
	const void *data = get_blob(r, &len);
	struct bpf_map *map = object ? bpf_object__find_map_by_name(object, section) : NULL;
	size_t size = 0;
	char *value = map ? bpf_map__initial_value(map, &size) : NULL;

	if (!value)
		reply_end(-ENOENT, "no section %s", section);
	else if (r->broken || offset > size || len > size - offset)
		reply_end(-ERANGE, "%u bytes at %u do not fit into %s", len, offset, section);
	else {
		memcpy(value + offset, data, len);
		reply_end(0, "%s", "");
	}
	free(section);
}

void object_resize(struct reader *r)
{
	char *name = get_string(r);
	uint32_t entries = get_u32(r), size = get_u32(r);
	struct bpf_map *map = object ? bpf_object__find_map_by_name(object, name) : NULL;
	int rc = map ? 0 : -ENOENT;

	if (!rc && entries)
		rc = bpf_map__set_max_entries(map, entries);
	if (!rc && size)
		rc = bpf_map__set_value_size(map, size);
	messages_flush();
	reply_end(rc, "resize %s: %s", name, strerror(-rc));
	free(name);
}

void object_fill(struct reader *r)
{
	char *name = get_string(r);
	uint32_t type = get_u32(r), key = get_u32(r), value = get_u32(r), entries = get_u32(r);
	struct bpf_map *map = object ? bpf_object__find_map_by_name(object, name) : NULL;
	int rc = map ? 0 : -ENOENT;

	for (__u32 i = 0; !rc && i < bpf_map__max_entries(map); i++) {
		int fd = bpf_map_create(type, NULL, key, value, entries, NULL);

		rc = fd < 0 ? -errno : 0;
		if (!rc && bpf_map_update_elem(bpf_map__fd(map), &i, &fd, BPF_ANY))
			rc = -errno;
		if (fd >= 0)
			close(fd);
	}
	reply_end(rc, "fill %s: %s", name, strerror(-rc));
	free(name);
}

static void report(struct bpf_program *prog, const char *log)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_program__fd(prog);

	if (fd >= 0)
		bpf_prog_get_info_by_fd(fd, &info, &len);
	reply_begin(REPLY_PROGRAM);
	put_string(bpf_program__name(prog));
	put_u32(fd >= 0);
	put_u32(bpf_program__insn_cnt(prog));
	put_u32(info.verified_insns);
	put_u32(info.xlated_prog_len);
	put_u32(info.jited_prog_len);
	put_string(log ? log : "");
	reply_send();
}

void object_load(void)
{
	struct bpf_program *prog;
	int rc, n = 0;

	if (!object) {
		reply_end(-EINVAL, "no object is open");
		return;
	}
	rc = bpf_object__load(object);
	bpf_object__for_each_program(prog, object) {
		const char *log = n < MAX_PROGRAMS ? logs[n] : NULL;

		n++;
		if (bpf_program__autoload(prog))
			report(prog, log);
	}
	messages_flush();
	reply_end(rc, "%s", rc ? strerror(-rc) : "");
}
