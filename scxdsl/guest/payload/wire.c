// SPDX-License-Identifier: GPL-2.0-only
// Frames over the virtio-serial port named "scxdsl".
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"

#define PORTS "/sys/class/virtio-ports"
#define HEADER 8

static int port = -1;
static bool met;		// the host has spoken
static unsigned char *in;
static size_t in_size;
static unsigned char *out;
static size_t out_len, out_size;

static int try_open(void)
{
	struct dirent *entry;
	DIR *dir = opendir(PORTS);

	if (!dir)
		return -1;
	while (port < 0 && (entry = readdir(dir))) {
		char path[512], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), PORTS "/%s/name", entry->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(name, sizeof(name), f) && !strcmp(name, "scxdsl\n")) {
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			port = open(path, O_RDWR | O_CLOEXEC);
		}
		fclose(f);
	}
	closedir(dir);
	return port;
}

static void unheard(int signal)
{
	_exit(1);
}

// The port's name arrives by a control message that may come after init has started.
int wire_open(void)
{
	signal(SIGALRM, unheard);	// without a handler process 1 gets none
	for (int i = 0; i < 600 && try_open() < 0; i++)
		usleep(50000);
	return port;
}

static int read_all(void *to, size_t len)
{
	unsigned char *p = to;

	while (len) {
		ssize_t n = read(port, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (!n && met)	// the host went away: a guest that nobody talks to is to end
			return -EPIPE;
		if (n <= 0) {	// 0: the host has not connected yet
			usleep(20000);
			if (n < 0 && errno != EAGAIN)
				return -errno;
			continue;
		}
		met = true;
		p += n;
		len -= n;
	}
	return 0;
}

int wire_receive(uint16_t *kind, struct reader *payload)
{
	unsigned char header[HEADER];
	uint32_t len;
	int rc = read_all(header, HEADER);

	if (rc)
		return rc;
	memcpy(&len, header, 4);
	memcpy(kind, header + 4, 2);
	if (len > in_size) {
		free(in);
		in = malloc(len);
		in_size = in ? len : 0;
		if (!in)
			return -ENOMEM;
	}
	rc = read_all(in, len);
	*payload = (struct reader){ in, in + len, false };
	return rc;
}

static const unsigned char *take(struct reader *r, size_t len)
{
	const unsigned char *p = r->at;

	if (r->broken || (size_t)(r->end - r->at) < len) {
		r->broken = true;
		return NULL;
	}
	r->at += len;
	return p;
}

uint32_t get_u32(struct reader *r)
{
	const unsigned char *p = take(r, 4);
	uint32_t v = 0;

	if (p)
		memcpy(&v, p, 4);
	return v;
}

uint64_t get_u64(struct reader *r)
{
	uint64_t low = get_u32(r);

	return low | (uint64_t)get_u32(r) << 32;
}

const void *get_blob(struct reader *r, uint32_t *len)
{
	const unsigned char *p;

	*len = get_u32(r);
	p = take(r, *len);
	if (!p)
		*len = 0;
	return p;
}

char *get_string(struct reader *r)
{
	uint32_t len;
	const char *p = get_blob(r, &len);

	return strndup(p ? p : "", len);
}

static void append(const void *data, size_t len)
{
	if (out_len + len > out_size) {
		size_t want = (out_len + len) * 2 + 4096;
		void *p = realloc(out, want);

		if (!p)
			abort();	// init dies, the guest ends, the host says so
		out = p;
		out_size = want;
	}
	if (len)
		memcpy(out + out_len, data, len);
	out_len += len;
}

void reply_begin(enum reply kind)
{
	uint16_t k[4] = { 0, 0, kind, 0 };

	out_len = 0;
	append(k, HEADER);
}

void put_u32(uint32_t v)
{
	append(&v, 4);
}

void put_u64(uint64_t v)
{
	append(&v, 8);
}

void put_blob(const void *data, size_t len)
{
	put_u32(len);
	append(data, len);
}

void put_string(const char *s)
{
	put_blob(s, strlen(s));
}

// A write waits as long as no host is connected (drivers/char/virtio_console.c, wait_port_writable): where it went away, for ever.
void reply_send(void)
{
	uint32_t len = out_len - HEADER;
	size_t done = 0;

	memcpy(out, &len, 4);
	alarm(20);
	while (done < out_len) {
		size_t n = out_len - done;
		ssize_t w = write(port, out + done, n > 32768 ? 32768 : n);

		if (w < 0 && errno != EINTR && errno != EAGAIN)
			exit(1);
		if (w > 0)
			done += w;
	}
	alarm(0);
}

void reply_string(enum reply kind, const char *s)
{
	reply_begin(kind);
	put_string(s);
	reply_send();
}

void reply_number(uint64_t v)
{
	reply_begin(REPLY_NUMBER);
	put_u64(v);
	reply_send();
}

void reply_end(int rc, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	reply_begin(REPLY_END);
	put_u32(rc);
	put_string(text);
	reply_send();
}
