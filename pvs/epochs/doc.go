// Package epochs keeps the vectors of a fixed sample of photos after each epoch of a training, as float16 in the run's
// folder, so that it can be looked at later what the training did to a search (package replay, docs/replay.md).
//
//	keeper := &epochs.Keeper{Catalog: cat, Photos: 300, Engine: inference, Config: config}
//	kept, err := keeper.Begin(ctx, dir, epochs.Run{Key: key, Name: "1.8", Parent: "1.2", Pixels: 112}, true)
//	err = kept.Keep(ctx, epochs.Epoch{Number: 1, Loss: 0.7}, values)
//	run, list, err := epochs.Read(dir)
//
// The files are DIR/epochs/run.json, which says what is trained, from what, and which photos the sample has, and
// DIR/epochs/vectors-N.safetensors, each of which names the run.json that it belongs to and the weights that made it.
// A file is written again with the same content where a training resumes before it.
package epochs
