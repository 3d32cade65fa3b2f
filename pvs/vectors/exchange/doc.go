// Package exchange carries embeddings to and from the files of other programs:
//
//	summary, err := exchange.Convert(ctx, "index.npy", "index.parquet", exchange.Options{})
//	summary, err := exchange.Convert(ctx, "emb.tfrecord", "index.npy", exchange.Options{IDs: "photos.txt"})
//
// One side is always NAME.npy with NAME.ids (package vectors). The other is Parquet with
// the columns id (string) and vector (list of float), which pandas, DuckDB and Spark
// read, or TFRecord shards of {emb: float32[dim], idx: int64}, as the original entry
// stored them. Vectors go through one by one, so a set need not fit into the memory.
package exchange
