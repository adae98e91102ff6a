// SPDX-License-Identifier: GPL-2.0-only
// Control groups of the load: made, weighted, entered, removed.
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

#define ROOT "/sys/fs/cgroup"

static int write_text(const char *group, const char *file, const char *text)
{
	char path[PATH_MAX];
	int fd, rc;

	snprintf(path, sizeof(path), ROOT "/%s/%s", group, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	rc = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	close(fd);
	return rc;
}

int cgroup_enter(const char *group)
{
	return write_text(group, "cgroup.procs", "0");
}

int cgroup_make(const char *group)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), ROOT "/%s", group);
	return mkdir(path, 0755) && errno != EEXIST ? -errno : 0;
}

static int remove_one(const char *path, const struct stat *, int kind, struct FTW *)
{
	// Tasks that were killed a moment ago may still be in it.
	for (int i = 0; kind == FTW_DP && i < 200; i++) {
		if (!rmdir(path) || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			break;
		usleep(20000);
	}
	return kind == FTW_DP ? errno : 0;
}

// With the groups in it: a worker that was killed may have left some.
int cgroup_remove(const char *group)
{
	char path[PATH_MAX];
	int rc;

	snprintf(path, sizeof(path), ROOT "/%s", group);
	rc = nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return rc > 0 ? -rc : rc && errno != ENOENT ? -errno : 0;
}

// A group has a weight where the one above hands the controller down.
static int hand_down(const char *group)
{
	char above[PATH_MAX];
	char *slash;

	snprintf(above, sizeof(above), "%s", group);
	slash = strrchr(above, '/');
	if (!slash)
		return 0;	// init.sh has done it for the root
	*slash = 0;
	return write_text(above, "cgroup.subtree_control", "+cpu");
}

void system_cgroup(struct reader *r)
{
	char *group = get_string(r), text[16];
	uint32_t weight = get_u32(r);
	int rc;

	if (!*group || strstr(group, "..")) {
		rc = -EINVAL;
	} else if (!weight) {
		rc = cgroup_remove(group);
	} else {
		snprintf(text, sizeof(text), "%u", weight);
		rc = hand_down(group);
		rc = rc ? rc : cgroup_make(group);
		rc = rc ? rc : write_text(group, "cpu.weight", text);
	}
	reply_end(rc, "cgroup %s: %s", group, strerror(-rc));
	free(group);
}
