// Package records keeps photos in TFRecord shards of tf.train.Example, as the original
// entry did: {image: JPEG bytes, label: int64}, padded to a square once, when they are
// written. TensorFlow reads them, and its own files are read here.
//
//	result, err := records.Write(ctx, catalog, catalog.Train, "records/train", records.Options{})
//	set, err := records.Open("records/train")
//	record, err := set.At(7) // the JPEG and its label
//
// Each record carries checksums (CRC32C) of its length and of its data: a flipped bit
// is found and named by file and offset. A manifest beside the shards says what they
// hold and from where.
package records
