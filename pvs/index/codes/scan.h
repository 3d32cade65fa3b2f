// Scanning codes of 1 bit a dimension for one instruction set: included once for each, with PVS_TARGET (its attribute),
// PVS_NAME and, if it has a function for eight rows, PVS_EIGHT. A group is 64 rows, the bits of a word of "allowed".

// PVS_NAME(scan) appends the allowed rows of [from, to) whose estimated inner product is larger than s->least to rows
// and scores, which hold "count" and have room for "room". It stops before a group that might not fit, and returns
// where. From is a multiple of 64.
PVS_TARGET static long PVS_NAME(scan)(const pvs_scan_query *s, const uint64_t *codes, const float *factors,
		const uint64_t *allowed, long from, long to, uint32_t *rows, float *scores, long *count, long room) {
	long n = *count;
	for (long row = from; row < to; row += 64) {
		uint64_t word = allowed[row / 64];
		if (!word)
			continue;
		if (n + 64 > room) {
			*count = n;
			return row;
		}
		if (__builtin_popcountll(word) < 48) { // few rows: only these
			for (; word; word &= word - 1) {
				long r = row + __builtin_ctzll(word);
				float score = s->base + factors[r] * (s->most - s->step * PVS_NAME(distance)(s, codes + r * s->words));
				rows[n] = r;
				scores[n] = score;
				n += score > s->least;
			}
			continue;
		}
#ifdef PVS_EIGHT
		if (row + 64 <= to) {
			for (int r = 0; r < 64; r += 8)
				if (word >> r & 0xff)
					n = PVS_EIGHT(s, codes, factors, word >> r & 0xff, row + r, rows, scores, n);
			continue;
		}
#endif
		long end = row + 64 < to ? row + 64 : to;
		for (long r = row; r < end; r++) {
			float score = s->base + factors[r] * (s->most - s->step * PVS_NAME(distance)(s, codes + r * s->words));
			rows[n] = r;
			scores[n] = score;
			n += score > s->least && (word >> (r - row) & 1);
		}
	}
	*count = n;
	return to;
}
