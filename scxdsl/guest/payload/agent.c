// SPDX-License-Identifier: GPL-2.0-only
// The agent's loop. It is process 1 of the guest: when it dies the kernel panics and qemu ends, which the host notices.
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "agent.h"

static void hello(void)
{
	struct utsname name;

	uname(&name);
	reply_begin(REPLY_HELLO);
	put_u32(PROTOCOL);
	put_string(name.release);
	put_u32(libbpf_num_possible_cpus());
	put_string(libbpf_version_string());
	reply_send();
	reply_end(0, "%s", "");
}

static void obey(enum command kind, struct reader *r)
{
	switch (kind) {
	case CMD_HELLO: hello(); break;
	case CMD_OPEN: object_open(r); break;
	case CMD_SKIP: object_skip(r); break;
	case CMD_PATCH: object_patch(r); break;
	case CMD_LOAD: object_load(); break;
	case CMD_LINES: object_lines(); break;
	case CMD_ATTACH: object_attach(); break;
	case CMD_DETACH: object_detach(); break;
	case CMD_CLOSE: links_destroy(); object_close(); reply_end(0, "%s", ""); break;
	case CMD_MAP: object_map(r); break;
	case CMD_FILE: system_file(r); break;
	case CMD_KMSG: system_kmsg(r); break;
	case CMD_WATCH: system_watch(r); break;
	case CMD_LOAD_START: workload_start(r); break;
	case CMD_LOAD_READ: workload_read(); break;
	case CMD_LOAD_STOP: workload_stop(); break;
	case CMD_TEST_RUN: object_test_run(r); break;
	case CMD_COST: object_cost(r); break;
	case CMD_RESIZE: object_resize(r); break;
	case CMD_FILL: object_fill(r); break;
	case CMD_CGROUP: system_cgroup(r); break;
	case CMD_INCLUDE: object_include(r); break;
	case CMD_POST: object_post(r); break;
	case CMD_TAKE: object_take(r); break;
	default: reply_end(-ENOSYS, "no command %d", kind);
	}
}

int main(void)
{
	// Real-time, so that no policy under test can starve the agent; what it forks is ordinary again.
	struct sched_param first = { .sched_priority = 1 };
	struct reader payload;
	uint16_t kind;

	if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &first))
		perror("agent: SCHED_FIFO");
	signal(SIGCHLD, SIG_IGN);	// the kernel reaps the orphans that init inherits
	signal(SIGPIPE, SIG_IGN);
	messages_init();
	if (wire_open() < 0) {
		fprintf(stderr, "agent: no virtio-serial port named scxdsl\n");
		return 1;
	}
	while (!wire_receive(&kind, &payload))
		obey(kind, &payload);
	fprintf(stderr, "agent: the port failed\n");
	return 1;
}
