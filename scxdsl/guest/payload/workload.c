// SPDX-License-Identifier: GPL-2.0-only
// The load generator: each worker is a process with a role, and counts its rounds in shared memory.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

#define MAX_WORKERS 256

enum role {			// the numbers are part of the protocol (protocol.py: Role)
	ROLE_SPIN = 1,		// computes without end
	ROLE_SLEEP = 2,		// computes a little, then sleeps for `argument` us
	ROLE_PIPE = 3,		// passes a byte to a partner and back
	ROLE_FORK = 4,		// makes a child that ends at once, then the next
	ROLE_STORM = 5,		// makes `argument` children at a time
	ROLE_AFFINITY = 6,	// computes, moving its own affinity mask from CPU to CPU
	ROLE_YIELD = 7,		// computes a little, then yields
	ROLE_RENICE = 8,	// computes, changing its own nice value
	ROLE_HOTPLUG = 9,	// takes its CPU away from the kernel and gives it back, `argument` ms each
	ROLE_MOVE = 10,		// computes, going from its cgroup to the root and back
	ROLE_GROUPS = 11,	// makes a cgroup below its own, a child that computes there, and removes it
};

struct worker {
	char cgroup[256];
	uint32_t role, argument;
	int32_t cpu, nice;
	pid_t pid;
	clockid_t clock;
	uint64_t last;		// ns, of the last successful reading
};

static struct worker workers[MAX_WORKERS];
static volatile uint64_t *rounds;	// MAX_WORKERS counters, and the flag that starts them all
static int nr_workers;

static void compute(unsigned int n)
{
	for (volatile unsigned int i = 0; i < n; i++)
		;
}

static void nap(unsigned int us)
{
	struct timespec t = { us / 1000000, us % 1000000 * 1000 };

	nanosleep(&t, NULL);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void children(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (!pid) {
			compute(2000);
			_exit(0);
		}
	}
	while (wait(NULL) > 0)
		;
}

static int online(int cpu, bool on)
{
	char path[64];
	int fd, rc;

	snprintf(path, sizeof(path), "/sys/devices/system/cpu/cpu%d/online", cpu);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;	// CPU 0 has no such file
	rc = write(fd, on ? "1" : "0", 1) == 1 ? 0 : -errno;
	close(fd);
	return rc;
}

static void plug(const struct worker *w)
{
	if (online(w->cpu, false))
		_exit(1);
	nap(w->argument * 1000);
	if (online(w->cpu, true))
		_exit(1);
	nap(w->argument * 1000);
}

static void group_of_one(const struct worker *w)
{
	char name[300];
	pid_t pid;

	snprintf(name, sizeof(name), "%s%schild-%d", w->cgroup, *w->cgroup ? "/" : "", getpid());
	if (cgroup_make(name))
		_exit(1);
	pid = fork();
	if (!pid) {
		cgroup_enter(name);
		compute(20000);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	if (cgroup_remove(name))
		_exit(1);
}

static void ping_pong(volatile uint64_t *count)
{
	int there[2], back[2];
	char c = 0;

	if (pipe(there) || pipe(back))
		_exit(1);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (read(there[0], &c, 1) == 1 && write(back[1], &c, 1) == 1)
			;
		_exit(0);
	}
	while (write(there[1], &c, 1) == 1 && read(back[0], &c, 1) == 1)
		(*count)++;
}

static void work(const struct worker *w, volatile uint64_t *count)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (w->role == ROLE_PIPE)
		ping_pong(count);
	for (;; (*count)++)
		switch (w->role) {
		case ROLE_SPIN: compute(10000); break;
		case ROLE_SLEEP: compute(1000); nap(w->argument); break;
		case ROLE_FORK: children(1); break;
		case ROLE_STORM: children(w->argument); break;
		case ROLE_AFFINITY: pin(*count % cpus); compute(50000); break;
		case ROLE_YIELD: compute(1000); sched_yield(); break;
		case ROLE_HOTPLUG: plug(w); break;
		case ROLE_MOVE: cgroup_enter(*count % 2 ? "" : w->cgroup); compute(50000); break;
		case ROLE_GROUPS: group_of_one(w); break;
		case ROLE_RENICE: setpriority(PRIO_PROCESS, 0, (int)(*count % 40) - 20); compute(50000); break;
		default: _exit(1);
		}
}

static int start(struct worker *w, volatile uint64_t *count)
{
	w->pid = fork();
	if (w->pid < 0)
		return -errno;
	if (w->pid) {
		setpgid(w->pid, w->pid);	// in both, so that a kill of the group cannot come too early
		return -clock_getcpuclockid(w->pid, &w->clock);
	}
	setpgid(0, 0);
	// A link that lives on in a dying worker is let go after the next scheduler is attached, and the kernel ends that one:
	// bpf_scx_unreg (kernel/sched/ext.c) ends whichever scheduler runs.
	close_range(3, ~0u, 0);
	signal(SIGCHLD, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (w->cpu >= 0 && w->role != ROLE_HOTPLUG)
		pin(w->cpu);
	if (setpriority(PRIO_PROCESS, 0, w->nice))
		_exit(1);
	if (*w->cgroup && w->role != ROLE_GROUPS && cgroup_enter(w->cgroup))	// one with groups below it takes no tasks
		_exit(1);
	while (!rounds[MAX_WORKERS])
		nap(1000);
	work(w, count);
	_exit(0);
}

// The kernel may be busy with what a worker asked of it for some time. A worker that was forked and never ran still holds the
// link of the scheduler (see start), so all of them are waited for.
static void await_end(const struct worker *w)
{
	for (int i = 0; i < 250 && (!kill(-w->pid, 0) || !kill(w->pid, 0)); i++)
		nap(20000);
}

static void stop_all(void)
{
	for (int i = 0; i < nr_workers; i++) {
		kill(-workers[i].pid, SIGKILL);
		kill(workers[i].pid, SIGKILL);
	}
	for (int i = 0; i < nr_workers; i++) {
		await_end(&workers[i]);
		if (workers[i].role == ROLE_HOTPLUG)
			online(workers[i].cpu, true);	// it may have been taken away
	}
	nr_workers = 0;
}

void workload_start(struct reader *r)
{
	uint32_t n = get_u32(r);

	stop_all();
	if (rounds)
		munmap((void *)rounds, (MAX_WORKERS + 1) * sizeof(*rounds));
	// New memory each time: workers that are still dying must not count for new ones.
	rounds = mmap(NULL, (MAX_WORKERS + 1) * sizeof(*rounds), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (rounds == MAP_FAILED || n > MAX_WORKERS) {
		rounds = NULL;
		reply_end(-E2BIG, "too many workers: %u", n);
		return;
	}
	for (uint32_t i = 0; i < n; i++) {
		struct worker *w = &workers[i];
		char *group;
		int rc;

		w->role = get_u32(r);
		w->cpu = get_u32(r);
		w->nice = get_u32(r);
		w->argument = get_u32(r);
		group = get_string(r);
		snprintf(w->cgroup, sizeof(w->cgroup), "%s", group);
		free(group);
		w->last = 0;
		rc = r->broken ? -EPROTO : start(w, rounds + i);
		if (w->pid > 0)
			nr_workers = i + 1;
		if (rc) {
			stop_all();
			reply_end(rc, "worker %u: %s", i, strerror(-rc));
			return;
		}
	}
	rounds[MAX_WORKERS] = 1;
	reply_end(0, "%s", "");
}

void workload_read(void)
{
	for (int i = 0; i < nr_workers; i++) {
		struct worker *w = &workers[i];
		struct timespec t = {};
		bool alive = !kill(w->pid, 0);

		if (alive && !clock_gettime(w->clock, &t))
			w->last = t.tv_sec * 1000000000ull + t.tv_nsec;
		reply_begin(REPLY_WORKER);
		put_u32(w->role);
		put_u32(w->cpu);
		put_u32(w->nice);
		put_u64(w->last);
		put_u64(rounds[i]);
		put_u32(alive);
		reply_send();
	}
	reply_end(0, "%s", "");
}

void workload_stop(void)
{
	stop_all();
	reply_end(0, "%s", "");
}
