// What dispatch.c calls, named after the number of lanes.

long PVS_EXPORT(pvs_scratch)(const pvs_network *n, int count) { return scratch_of(n, count); }

void PVS_EXPORT(pvs_run)(const pvs_network *n, const float *images, int count, int block, const float *factors, float *out, float *scratch) {
	unsigned before = without_denormals();
	run(n, images, count, block, factors, out, scratch);
	_mm_setcsr(before);
}

long PVS_EXPORT(pvs_kept)(const pvs_training *t, int count, int first) { return kept_of(t, count, first); }

void PVS_EXPORT(pvs_forward)(const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, float *features, float *scratch) {
	unsigned before = without_denormals();
	forward(t, in, count, first, factors, kept, features, scratch);
	_mm_sfence(); // what was streamed is there before another core, told so in any way, reads it
	_mm_setcsr(before);
}

long PVS_EXPORT(pvs_training_scratch)(const pvs_training *t, int count, int first) { return training_scratch(t, count, first); }

void PVS_EXPORT(pvs_gradients)(const pvs_training *t, const float *in, int count, int first, const float *factors, float *kept, const float *slopes, float *sums, float *scratch) {
	unsigned before = without_denormals();
	gradients(t, in, count, first, factors, kept, slopes, sums, scratch);
	_mm_setcsr(before);
}

long PVS_EXPORT(pvs_phases_memory)(const pvs_training *t, int count) { return phases_memory_of(t, count); }

void PVS_EXPORT(pvs_phase)(const pvs_training *t, int which, int block, int count, const float *images, const float *factors, float *features, const float *slopes, float *sums, float *tally, int channels, float *memory) {
	unsigned before = without_denormals();
	phase(t, which, block, count, images, factors, features, slopes, sums, tally, channels, memory);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_pack_panel)(const pvs_panel *p, const float *weights, const float *factor, float *out) {
	if (p->transposed)
		pack_columns(p, weights, factor, out);
	else
		pack_rows(p, weights, factor, out);
}

void PVS_EXPORT(pvs_unpack_panel)(const pvs_panel *p, float *sums, int count, long apart, const float *factor, const pvs_adam *a, float *weights, float *m, float *v) {
	unsigned before = without_denormals();
	parts of = {sums, count, apart};
	if (p->transposed)
		unpack_columns(p, &of, factor, a, (trained){weights, m, v});
	else
		unpack_rows(p, &of, factor, a, (trained){weights, m, v});
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_layer)(const pvs_layer *l, const float *x, int rows, const float *weights, const float *bias, int from, int to, float *out, float *scratch) {
	unsigned before = without_denormals();
	dense(l, x, rows, weights, bias, from, to, out, scratch);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_softmax)(const pvs_layer *l, float *logits, int rows, float counts, const int *labels, pvs_found *found) {
	unsigned before = without_denormals();
	softmax(l, logits, rows, counts, labels, found);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_back)(const pvs_layer *l, const float *slopes, int rows, const float *weights, int from, int to, float *out) {
	unsigned before = without_denormals();
	dense_back(l, slopes, rows, weights, from, to, out);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_panels)(const pvs_layer *l, const float *slopes, int rows, int from, int to, float *panels, float *bias) {
	unsigned before = without_denormals();
	dense_panels(l, slopes, rows, from, to, panels, bias);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_slopes)(const pvs_layer *l, const float *x, const float *panels, int rows, int from, int to, const pvs_adam *a, float *weights, float *m, float *v) {
	unsigned before = without_denormals();
	dense_slopes(l, x, panels, rows, from, to, a, (trained){weights, m, v});
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_adam_step)(const pvs_adam *a, const float *slopes, long n, float *weights, float *m, float *v) {
	unsigned before = without_denormals();
	adam(a, slopes, n, (trained){weights, m, v});
	_mm_setcsr(before);
}
