// The float32 counterparts of what vector32.h has for matrix products and sums over positions.
#ifndef PVS_CPU_FLOAT32_H
#define PVS_CPU_FLOAT32_H

#include <limits.h>

// A step of a matrix product multiplies one value of x by a row of weights, and its sums are the values.
enum { depth_step = 1, chunk = INT_MAX };

PVS_INLINE vec broadcast(const value *p) { return all(*p); }
PVS_INLINE vec start(const value *bias) { return load(bias); }
PVS_INLINE void finish(vec *x, int vectors, const value *bias) {}

typedef vec position_sums;

PVS_INLINE position_sums load_sum(const float *p, mask m) { return load_part(p, m); }
PVS_INLINE void add_to(position_sums *s, vec x) { *s += x; }
PVS_INLINE void store_sum(float *p, position_sums s, mask m) { store_part(p, s, m); }

#endif
