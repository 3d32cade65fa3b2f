// Package finetune trains a network in phases, as the original entry did: a [Phase]
// says what trains, on which views, with which loss and learning rate.
//
// A [Session] holds the network, its heads and the optimizer, trains on an engine (package
// engine) and takes one step after the other. [Trainer.Run] drives it over a catalogue's photos: prefetched
// batches, a checkpoint and a CSV line each epoch, progress, and plain words for a
// training that collapses or diverges. Killed at any moment, it resumes from the last
// checkpoint, and the epochs that follow equal an unbroken run's.
//
// Where the first layers are frozen and the views fixed, their output is computed once
// and trained on from disk ([Settings.Cache]).
package finetune
