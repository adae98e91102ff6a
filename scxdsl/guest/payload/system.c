// SPDX-License-Identifier: GPL-2.0-only
// Files of the guest and the kernel's log.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

static char *read_file(const char *path, size_t *len)
{
	size_t size = 65536;
	char *text = malloc(size);
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	*len = 0;
	if (fd < 0 || !text) {
		int err = errno;

		free(text);
		if (fd >= 0)
			close(fd);
		errno = err;
		return NULL;
	}
	for (;;) {
		ssize_t n = read(fd, text + *len, size - *len - 1);

		if (n <= 0)
			break;
		*len += n;
		if (size - *len < 2) {
			char *more = realloc(text, size *= 2);

			if (!more)
				break;
			text = more;
		}
	}
	text[*len] = 0;
	close(fd);
	return text;
}

void system_file(struct reader *r)
{
	char *path = get_string(r);
	size_t len;
	char *text = read_file(path, &len);

	if (!text) {
		int err = errno;

		reply_end(-err, "%s: %s", path, strerror(err));
	} else {
		reply_begin(REPLY_DATA);
		put_blob(text, len);
		reply_send();
		reply_end(0, "%s", "");
	}
	free(text);
	free(path);
}

// Records look as in Documentation/ABI/testing/dev-kmsg: "priority,sequence,time,flags;text".
void system_kmsg(struct reader *r)
{
	uint64_t from = get_u64(r), next = from;
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char record[8192];

	if (fd < 0) {
		reply_end(-errno, "/dev/kmsg: %s", strerror(errno));
		return;
	}
	for (;;) {
		ssize_t n = read(fd, record, sizeof(record));
		unsigned long long sequence;

		if (n < 0 && errno == EPIPE)	// records were overwritten; the next read is the oldest left
			continue;
		if (n <= 0)
			break;
		if (n == sizeof(record))
			n--;
		record[n] = 0;
		if (sscanf(record, "%*u,%llu,", &sequence) != 1 || sequence < from)
			continue;
		next = sequence + 1;
		reply_begin(REPLY_DATA);
		put_blob(record, n);
		reply_send();
	}
	close(fd);
	reply_number(next);
	reply_end(0, "%s", "");
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

void system_watch(struct reader *r)
{
	uint32_t limit = get_u32(r);
	char *path = get_string(r), *text = get_string(r);
	uint64_t start = now_ms();

	while (now_ms() - start < limit) {
		size_t len;
		char *current = read_file(path, &len);
		bool same = current && !strcmp(current, text);

		free(current);
		if (!same)
			break;
		usleep(20000);
	}
	reply_number(now_ms() - start);
	reply_end(0, "%s", "");
	free(path);
	free(text);
}
