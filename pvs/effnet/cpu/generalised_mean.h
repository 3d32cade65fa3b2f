// Pooling over positions: the mean, or the generalised mean (GeM).
#ifndef PVS_CPU_GENERALISED_MEAN_H
#define PVS_CPU_GENERALISED_MEAN_H

#include <stdint.h>

#include "elementwise.h"

// Activations below this count as it, as in package neck.
static const float least_activation = 1e-6f;

enum { pooled_at_once = 2 * 16 }; // channels, in loops that compilers turn into vectors

// log2_of is the logarithm of a positive x, by the series of atanh about a power of two, within 1e-7.
PVS_INLINE float log2_of(float x) {
	int32_t bits;
	memcpy(&bits, &x, sizeof bits);
	int32_t exponent = (bits - 0x3f3504f3) >> 23; // x / 2^exponent is in [sqrt(1/2), sqrt(2))
	bits -= exponent * 0x800000;
	memcpy(&x, &bits, sizeof x);
	float t = (x - 1) / (x + 1), s = t * t;
	float odd = t * (2.88539008f + s * (0.961796694f + s * (0.577078016f + s * (0.412198583f + s * 0.320598898f))));
	return exponent + odd;
}

// exp2_of is 2^x for x of at most 0, by its series about a whole number, within 1e-7; 0 or nearly below -126.
PVS_INLINE float exp2_of(float x) {
	x = x < -126 ? -126 : x;
	int32_t whole = (int32_t)(x - 0.5f), bits = (whole + 127) << 23;
	float power, f = (x - whole) * 0.693147181f;
	memcpy(&power, &bits, sizeof power);
	return power * (1 + f * (1 + f * (0.5f + f * (1.66666667e-1f + f * (4.16666667e-2f + f * (8.33333333e-3f +
		f * (1.38888889e-3f + f * 1.98412698e-4f)))))));
}

// generalised_mean computes mean[channels], (mean of x^exponent)^(1/exponent) over the rows of x, row_stride values
// from one to the next. Unless derivatives is null, these, which lie as x does, are multiplied by the mean's
// derivatives by x, times rows, and by_exponent[channels] gets those by the exponent.
PVS_TARGET static void generalised_mean(const value *x, int rows, int row_stride, int channels, float exponent,
		float *mean, float *derivatives, float *by_exponent) {
	for (int c = 0; c < channels; c += pooled_at_once) {
		int n = channels - c < pooled_at_once ? channels - c : pooled_at_once;
		float most[pooled_at_once], sum[pooled_at_once] = {0}, weighted[pooled_at_once] = {0};
		for (int j = 0; j < n; j++)
			most[j] = least_activation;
		for (int r = 0; r < rows; r++)
			for (int j = 0; j < n; j++) {
				float v = x[(long)r * row_stride + c + j];
				most[j] = v > most[j] ? v : most[j];
			}
		for (int r = 0; r < rows; r++) {
			float share[pooled_at_once]; // by what the power's derivative by x is more than the power
			for (int j = 0; j < n; j++) {
				float given = x[(long)r * row_stride + c + j], v = given < least_activation ? least_activation : given;
				float l = log2_of(v / most[j]), power = exp2_of(exponent * l) + 0 * v; // NaN stays
				sum[j] += power;
				weighted[j] += power * l;
				share[j] = given < least_activation ? 0 : power / v;
			}
			for (int j = 0; derivatives && j < n; j++)
				derivatives[(long)r * row_stride + c + j] *= share[j];
		}
		for (int j = 0; j < n; j++) {
			float log_mean = log2_of(sum[j] / rows) / exponent;
			mean[c + j] = most[j] * exp2_of(log_mean) + 0 * sum[j];
			if (derivatives)
				by_exponent[c + j] = 0.693147181f * mean[c + j] / exponent * (weighted[j] / sum[j] - log_mean);
			sum[j] = mean[c + j] * rows / sum[j];
		}
		for (int r = 0; derivatives && r < rows; r++)
			for (int j = 0; j < n; j++)
				derivatives[(long)r * row_stride + c + j] *= sum[j];
	}
}

// pool is the mean without an exponent, that is with 0.
PVS_TARGET static void pool(const value *x, int rows, int row_stride, int channels, float exponent, float *mean,
		float *derivatives, float *by_exponent) {
	if (exponent == 0)
		average(x, rows, row_stride, channels, mean);
	else
		generalised_mean(x, rows, row_stride, channels, exponent, mean, derivatives, by_exponent);
}

#endif
