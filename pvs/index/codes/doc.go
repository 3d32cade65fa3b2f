// Package codes estimates inner products of vectors from codes of one bit a dimension: a search looks at 64 bytes of a
// vector of 512 values instead of at 2,048, and compares only the best candidates exactly.
//
//	e := codes.NewEncoder(codes.NewRotation(dim, seed), centre)
//	factors[i] = e.Encode(v, bits[i*words:][:words])
//	next := e.NewQuery(q, codes.Planes).Scan(codes.Best(), &scan, 0, n, least, &found)
//
// The scan is C for AVX2 and for AVX-512 VPOPCNTDQ, and Go elsewhere; all three return the same.
package codes
