//go:build linux && cgo

package backend

// XLA's CPU client takes its working memory anew for each execution - 760 MB for a
// training step of EfficientNet-B0 on 8 photos - and glibc by default maps such blocks
// from the system and returns them at once, so that each page is cleared again: half of
// a step's time. One arena that never shrinks reuses them. It has to be the only one
// from the start, since a thread that has another keeps it: hence a constructor, which
// runs before there are threads.

/*
#include <features.h>
#ifdef __GLIBC__
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void keep_memory(void) {
	const char *tunables = getenv("GLIBC_TUNABLES");
	if (tunables && strstr(tunables, "glibc.malloc."))
		return; // the user's word
	mallopt(M_ARENA_MAX, 1);
	mallopt(M_MMAP_MAX, 0);
	mallopt(M_TRIM_THRESHOLD, -1);
}
#endif
*/
import "C"
