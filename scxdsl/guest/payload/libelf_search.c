// SPDX-License-Identifier: GPL-2.0-only
// Debian's static libelf 0.192 refers to a search tree of elfutils that the archive does not hold. Here it is, on tsearch(3).
// Weak, so that a libelf that is complete wins. Only libelf's "raw chunks" use it, which libbpf never asks for; the tree begins
// with its root pointer, and a lock after it that one thread does not need.
#include <search.h>
#include <stddef.h>

#define WEAK __attribute__((weak))

typedef int (*compare_fn)(const void *, const void *);
struct tree { void *root; };

WEAK void eu_search_tree_init(struct tree *t)
{
	t->root = NULL;
}

WEAK void *eu_tsearch(const void *key, struct tree *t, compare_fn compare)
{
	return tsearch(key, &t->root, compare);
}

WEAK void *eu_tfind(const void *key, struct tree *t, compare_fn compare)
{
	return tfind(key, &t->root, compare);
}

WEAK void *eu_tdelete(const void *key, struct tree *t, compare_fn compare)
{
	return tdelete(key, &t->root, compare);
}

WEAK void eu_search_tree_fini(struct tree *t, void (*release)(void *))
{
	tdestroy(t->root, release);
	t->root = NULL;
}
