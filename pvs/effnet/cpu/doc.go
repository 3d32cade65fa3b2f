// Package cpu is the CPU engine: EfficientNet's inference and training in fused C code (AVX-512, or AVX2 and FMA) that
// is written for this network. BatchNorms in inference mode are folded into the convolutions, activations are applied
// before a sum leaves its register, and a block's expanded channels go panel by panel through the cache instead of
// through memory. Each image is computed on one core, and nothing is compiled at run time.
//
//	n, err := cpu.New(config, values, 224, effnet.Float32)
//	err = n.Run(images, cpu.Options{}, features)
//
// [Training] saves each block's input, and of late blocks the outputs of expansion and depthwise convolution; the
// backward pass recomputes the rest (activation checkpointing). A BatchNorm in training mode needs the statistics of
// all images, so that all cores wait for each other before each of them. [Dense] is the classifier's dense layer with
// softmax, for package classify.
//
// The graph of package effnet defines what is computed; tests and `pvs verify` hold both to the same values.
//
// # Where is what
//
// C code, called through cpu.h, which describes all data that Go and C share:
//
//	stem                      stem.h
//	MBConv forward            mbconv.h; its first half, expansion and depthwise: expand_depthwise.h
//	  in training             mbconv_forward.h, mbconv_panels.h; saved for backward: mbconv_saved.h, training_saved.h
//	MBConv backward           mbconv_backward.h: a block's gradients, mbconv_backward() first
//	depthwise backward        depthwise_backward.h
//	squeeze and excite        squeeze_excite.h; backward in mbconv_backward.h
//	pointwise convolutions    matrix_product.h, tile.h; gradients of their weights: weight_gradient.h
//	whole network             network.h (inference); training_forward.h, training_backward.h
//	BatchNorm in training     batchnorm.h; a step's phases: batchnorm_phases.h and the files it includes
//	classifier                dense.h
//	Adam                      adam.h
//	packing of weights        pack.h, which also unpacks gradients, with a step of Adam on the way
//	vectors, activations      vector.h with vector8.h, vector16.h or vector32.h; in float32 also float32.h
//	element-wise operations   elementwise.h, with averages over positions
//	scratch memory, padding   shapes.h, inference_scratch.h, batchnorm_scratch.h
//	dispatch by processor     dispatch.c; avx2.c, avx512.c and float16.c compile all for 8, 16 and 32 lanes;
//	                          export.h: the functions that it calls
//
// In Go:
//
//	inference                 run.go, network.go
//	training                  training.go, training_network.go; BatchNorms: batchnorm.go, phases.go
//	weights' layout           builder.go, pack.go
//	classifier, Adam          dense.go, adam.go
//	memory                    close.go (outside of Go's), saved_bytes.go
//	the processor's vectors   processor.go
package cpu
