// Package cpu computes EfficientNet on a CPU, forward and the gradients of its weights, in
// kernels of its own in C (AVX-512, or AVX2 and FMA) that are made for this network: frozen
// BatchNorms are folded into the convolutions, activations are applied before a sum leaves its
// register, and a block's wide part goes panel by panel through the cache instead of through
// memory. Each image is computed on one core, and nothing is compiled at run time.
//
//	n, err := cpu.New(config, values, 224, effnet.Float32)
//	err = n.Run(images, cpu.Options{}, features)
//
// [Training] keeps what enters each block and computes what is between again on the way back.
// BatchNorms that train need the statistics of all images, so that all cores wait for each other
// before each of them.
//
// The graph of package effnet says what is computed; tests and `pvs verify` hold both to the
// same values. From the outside in: network.h, widen.h and multiply.h, tile.h, vector.h; of the
// gradients training.h, slopes.h, depthwise.h and cross.h; with BatchNorms that train norms.h.
// avx2.c and avx512.c compile all of it for vectors of 8 and of 16 lanes, half.c the forward pass
// for float16. In Go, builder.go and pack.go bring weights into the kernels' order, by pack.h, through
// which gradients come back and take a step of Adam (adam.h) on the way.
//
// [Dense] is the softmax's layer of a classifier (dense.h), for package classify.
package cpu
