#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Process 1 of the guest: mounts what the agent reads, then becomes the agent.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t bpf bpf /sys/fs/bpf
mount -t tracefs trace /sys/kernel/tracing
mount -t cgroup2 cgroup /sys/fs/cgroup
echo '+cpu' > /sys/fs/cgroup/cgroup.subtree_control
exec /agent
