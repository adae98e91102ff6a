// SPDX-License-Identifier: GPL-2.0-only
// What user space does beside loading: it feeds inboxes (user ring buffers) and reads rings.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "agent.h"

static int map_of(const char *name, enum bpf_map_type type)
{
	struct bpf_map *map = object ? bpf_object__find_map_by_name(object, name) : NULL;

	return map && bpf_map__type(map) == type ? bpf_map__fd(map) : -1;
}

void object_post(struct reader *r)
{
	char *name = get_string(r);
	uint32_t len;
	const void *data = get_blob(r, &len);
	int fd = map_of(name, BPF_MAP_TYPE_USER_RINGBUF);
	struct user_ring_buffer *ring = fd < 0 ? NULL : user_ring_buffer__new(fd, NULL);
	int rc = fd < 0 ? -ENOENT : ring ? 0 : -errno;
	void *room = ring ? user_ring_buffer__reserve(ring, len) : NULL;

	if (ring && !room)
		rc = -errno;
	if (room) {
		memcpy(room, data, len);
		user_ring_buffer__submit(ring, room);
	}
	user_ring_buffer__free(ring);
	messages_flush();
	reply_end(rc, "post to %s: %s", name, rc ? strerror(-rc) : "done");
	free(name);
}

static int send_record(void *context, void *data, size_t len)
{
	uint32_t *left = context;

	if (!*left)
		return -ENOBUFS;	// ends the walk; the record counts as read
	--*left;
	reply_begin(REPLY_DATA);
	put_blob(data, len);
	reply_send();
	return 0;
}

void object_take(struct reader *r)
{
	char *name = get_string(r);
	uint32_t left = get_u32(r);
	int fd = map_of(name, BPF_MAP_TYPE_RINGBUF);
	struct ring_buffer *ring = fd < 0 ? NULL : ring_buffer__new(fd, send_record, &left, NULL);
	int rc = fd < 0 ? -ENOENT : ring ? ring_buffer__consume(ring) : -errno;

	ring_buffer__free(ring);
	messages_flush();
	rc = rc == -ENOBUFS || rc > 0 ? 0 : rc;
	reply_end(rc, "take from %s: %s", name, rc ? strerror(-rc) : "done");
	free(name);
}
