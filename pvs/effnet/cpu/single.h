// What float32 has as a counterpart of the parts of vector32.h that are not of a vector.
#ifndef PVS_NATIVE_SINGLE_H
#define PVS_NATIVE_SINGLE_H

#include <limits.h>

// A product's step multiplies one value of x by a row of weights, and its sums are the values.
enum { depth_step = 1, chunk = INT_MAX };

PVS_INLINE vec broadcast(const value *p) { return all(*p); }
PVS_INLINE vec start(const value *bias) { return load(bias); }
PVS_INLINE void finish(vec *x, int vectors, const value *bias) {}

typedef vec places_sum;

PVS_INLINE places_sum load_sum(const float *p, mask m) { return load_part(p, m); }
PVS_INLINE void add_to(places_sum *s, vec x) { *s += x; }
PVS_INLINE void store_sum(float *p, places_sum s, mask m) { store_part(p, s, m); }

#endif
