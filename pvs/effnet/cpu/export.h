// The functions that dispatch.c calls, with the number of lanes in their names.

long PVS_EXPORT(pvs_scratch)(const pvs_network *n, int count) { return scratch_of(n, count); }

void PVS_EXPORT(pvs_run)(const pvs_network *n, const float *images, int count, int block, const float *factors,
		float *out, float *scratch) {
	unsigned before = without_denormals();
	run(n, images, count, block, factors, out, scratch);
	_mm_setcsr(before);
}

long PVS_EXPORT(pvs_saved_values)(const pvs_training *t, int count, int first) {
	return saved_values_of(t, count, first);
}

void PVS_EXPORT(pvs_forward)(const pvs_training *t, const float *in, int count, int first, const float *factors,
		float *saved, float *features, float *scratch) {
	unsigned before = without_denormals();
	network_forward(t, in, count, first, factors, saved, features, scratch);
	_mm_sfence(); // streamed stores are visible before another core is told to read them
	_mm_setcsr(before);
}

long PVS_EXPORT(pvs_training_scratch)(const pvs_training *t, int count, int first) {
	return training_scratch(t, count, first);
}

void PVS_EXPORT(pvs_backward)(const pvs_training *t, const float *in, int count, int first, const float *factors,
		float *saved, const float *dy, float *sums, float *scratch) {
	unsigned before = without_denormals();
	network_backward(t, in, count, first, factors, saved, dy, sums, scratch);
	_mm_setcsr(before);
}

long PVS_EXPORT(pvs_phases_scratch)(const pvs_training *t, int count) { return phases_scratch_of(t, count); }

void PVS_EXPORT(pvs_phase)(const pvs_training *t, int which, int block, int count, const float *images,
		const float *factors, float *features, const float *dy, float *sums, float *partial_sums, int channels,
		float *memory) {
	unsigned before = without_denormals();
	phase(t, which, block, count, images, factors, features, dy, sums, partial_sums, channels, memory);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_pack_panel)(const pvs_panel *p, const float *weights, const float *factor, float *out) {
	if (p->transposed)
		pack_columns(p, weights, factor, out);
	else
		pack_rows(p, weights, factor, out);
}

void PVS_EXPORT(pvs_unpack_panel)(const pvs_panel *p, float *sums, int count, long part_stride, const float *factor,
		const pvs_adam *a, float *weights, float *m, float *v) {
	unsigned before = without_denormals();
	partial_sums of = {sums, count, part_stride};
	if (p->transposed)
		unpack_columns(p, &of, factor, a, (trained){weights, m, v});
	else
		unpack_rows(p, &of, factor, a, (trained){weights, m, v});
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_forward)(const pvs_dense_shape *l, const float *x, int rows, const float *weights,
		const float *bias, int from, int to, float *out, float *scratch) {
	unsigned before = without_denormals();
	dense_forward(l, x, rows, weights, bias, from, to, out, scratch);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_softmax)(const pvs_dense_shape *l, float *logits, int rows, float weight, const int *labels,
		pvs_row_loss *results) {
	unsigned before = without_denormals();
	softmax(l, logits, rows, weight, labels, results);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_input_gradient)(const pvs_dense_shape *l, const float *dy, int rows, const float *weights,
		int from, int to, float *dx) {
	unsigned before = without_denormals();
	dense_input_gradient(l, dy, rows, weights, from, to, dx);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_pack_dy)(const pvs_dense_shape *l, const float *dy, int rows, int from, int to,
		float *panels, float *bias) {
	unsigned before = without_denormals();
	dense_pack_dy(l, dy, rows, from, to, panels, bias);
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_dense_kernel_gradient)(const pvs_dense_shape *l, const float *x, const float *panels, int rows,
		int from, int to, const pvs_adam *a, float *weights, float *m, float *v) {
	unsigned before = without_denormals();
	dense_kernel_gradient(l, x, panels, rows, from, to, a, (trained){weights, m, v});
	_mm_setcsr(before);
}

void PVS_EXPORT(pvs_adam_step)(const pvs_adam *a, const float *gradients, long n, float *weights, float *m, float *v) {
	unsigned before = without_denormals();
	adam(a, gradients, n, (trained){weights, m, v});
	_mm_setcsr(before);
}
