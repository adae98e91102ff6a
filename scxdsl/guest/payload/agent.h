// SPDX-License-Identifier: GPL-2.0-only
// The agent inside the guest: takes commands from a virtio-serial port, one at a time, and answers each.
//
// A frame, both ways: u32 length of the payload, u16 kind, u16 zero, payload. All numbers are little-endian; a string or
// a blob is u32 length and its bytes. An answer is any number of frames, the last of kind REPLY_END with i32 rc (0 or a
// negative errno) and a message. The Python side of the same protocol is protocol.py; keep the two alike.
#ifndef SCXDSL_AGENT_H
#define SCXDSL_AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum command {
	CMD_HELLO = 1,		// -> REPLY_HELLO
	CMD_OPEN = 2,		// u32 log level, blob object (empty: the last one again), string kernel configuration (may be empty)
				// -> REPLY_ZEROED*, REPLY_MESSAGE*
	CMD_SKIP = 3,		// string*: programs that the next load leaves out
	CMD_PATCH = 4,		// string section, u32 offset, blob
	CMD_LOAD = 5,		// -> REPLY_PROGRAM*, REPLY_MESSAGE*
	CMD_LINES = 6,		// -> REPLY_LINES*: jited line info of the loaded programs
	CMD_ATTACH = 7,		// -> REPLY_MESSAGE*
	CMD_DETACH = 8,
	CMD_CLOSE = 9,
	CMD_MAP = 10,		// string name -> REPLY_ENTRY*
	CMD_FILE = 11,		// string path -> REPLY_DATA
	CMD_KMSG = 12,		// u64 sequence number -> REPLY_DATA (records from there on), REPLY_NUMBER (next one)
	CMD_WATCH = 13,		// u32 milliseconds, string path, string text -> REPLY_NUMBER: ms until the file's text differed
	CMD_LOAD_START = 14,	// u32 n, n * {u32 role, i32 cpu, i32 nice, u32 argument, string cgroup (empty: the root)}
	CMD_LOAD_READ = 15,	// -> REPLY_WORKER*
	CMD_LOAD_STOP = 16,
	CMD_TEST_RUN = 17,	// string program, u32 count, u32 bytes of a ctx, blob ctx* -> REPLY_DATA: for each u32 return value, ctx after
	CMD_COST = 18,		// u32 on: count from now on, or no longer -> REPLY_COST* of the loaded programs so far
	CMD_RESIZE = 19,	// string map, u32 entries, u32 bytes of a value (0: as it is), before load
	CMD_FILL = 20,		// string map of maps, u32 type, u32 key size, u32 value size, u32 entries: a map of that shape in each place
	CMD_CGROUP = 21,	// string path below the cgroup root, u32 weight (0: removes it)
	CMD_INCLUDE = 22,	// string*: programs to load, too, where the kernel has what they hook -> REPLY_LACKING* for the others
	CMD_POST = 23,		// string inbox, blob message
	CMD_TAKE = 24,		// string ring, u32 most -> REPLY_DATA*: its records, oldest first
};

enum reply {
	REPLY_END = 0,		// i32 rc, string message
	REPLY_HELLO = 1,	// u32 protocol, string release, u32 cpus, string libbpf version
	REPLY_MESSAGE = 2,	// string: libbpf's words
	REPLY_ZEROED = 3,	// string: a member of the ops table that this kernel lacks
	REPLY_PROGRAM = 4,	// string name, u32 loaded, u32 instructions, u32 verified, u32 xlated bytes, u32 jited bytes, string log
	REPLY_LINES = 5,	// string program, u32 n, n * {u64 address, u32 line << 10 | column, string file}, u32 m, m * {u64 start, u32 bytes}
	REPLY_ENTRY = 6,	// blob key, blob value (per-CPU maps: 8-byte-aligned values of all possible CPUs)
	REPLY_DATA = 7,		// blob
	REPLY_NUMBER = 8,	// u64
	REPLY_WORKER = 9,	// u32 role, i32 cpu, i32 nice, u64 CPU time in ns, u64 rounds, u32 alive
	REPLY_COST = 10,	// string program, u64 ns, u64 calls
	REPLY_LACKING = 11,	// string: a program whose target the kernel lacks
};

#define PROTOCOL 2

// wire.c
struct reader {
	const unsigned char *at, *end;
	bool broken;		// asked for more than there is
};

int wire_open(void);
int wire_receive(uint16_t *kind, struct reader *payload);	// the payload lives until the next receive
uint32_t get_u32(struct reader *r);
uint64_t get_u64(struct reader *r);
const void *get_blob(struct reader *r, uint32_t *len);
char *get_string(struct reader *r);				// to be freed

void reply_begin(enum reply kind);
void put_u32(uint32_t v);
void put_u64(uint64_t v);
void put_blob(const void *data, size_t len);
void put_string(const char *s);
void reply_send(void);
void reply_string(enum reply kind, const char *s);
void reply_number(uint64_t v);
void reply_end(int rc, const char *format, ...) __attribute__((format(printf, 2, 3)));

// object.c: the object under test
struct bpf_object;
extern struct bpf_object *object;
void object_open(struct reader *r);
void object_skip(struct reader *r);
void object_include(struct reader *r);
void object_patch(struct reader *r);
void object_resize(struct reader *r);
void object_load(void);
void object_fill(struct reader *r);
void object_close(void);
void messages_flush(void);
struct btf;
struct btf *kernel_btf(void);	// of the running kernel, kept; NULL where it has none
void messages_init(void);

// running.c: what can be done with a loaded object
void object_attach(void);
void object_detach(void);
void object_lines(void);
void object_map(struct reader *r);
void object_test_run(struct reader *r);
void object_cost(struct reader *r);
int links_destroy(void);

// exchange.c: inboxes and rings
void object_post(struct reader *r);
void object_take(struct reader *r);

// system.c: files, the kernel's log
void system_file(struct reader *r);
void system_kmsg(struct reader *r);
void system_watch(struct reader *r);

// cgroups.c: groups of the load; paths are relative to the cgroup root. Functions give 0 or a negative errno
void system_cgroup(struct reader *r);
int cgroup_enter(const char *group);
int cgroup_make(const char *group);
int cgroup_remove(const char *group);

// workload.c: the load generator
void workload_start(struct reader *r);
void workload_read(void);
void workload_stop(void);

#endif
