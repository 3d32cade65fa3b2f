//go:build linux && cgo

package backend

// XLA's CPU client takes its working memory anew for each execution - 760 MB for a
// training step of EfficientNet-B0 on 8 photos - and glibc by default maps such blocks
// from the system and returns them at once, so that each page is cleared again: half of
// a step's time. One arena that never shrinks reuses them. It is the whole process's
// malloc that changes, so only who owns the process can ask for it ([Options].KeepMemory),
// before there are threads of a client: one that has an arena keeps it.

/*
#include <features.h>
#ifdef __GLIBC__
#include <malloc.h>
static void keep_memory(void) {
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, -1);
}
#else
static void keep_memory(void) {}
#endif
*/
import "C"

import "sync"

// keepMemory makes malloc keep what was freed, once.
var keepMemory = sync.OnceFunc(func() { C.keep_memory() })
