package main

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/weaviate"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

// engineClass says where in an engine the photos are, and how it is asked.
type engineClass struct {
	EngineTokenFile string `help:"${engine_token}" placeholder:"FILE"`
	Class           string `help:"${engine_class}" placeholder:"NAME"`
}

// connect names the engine.
func (c *engineClass) connect(urls []string, copies, parts int) (*weaviate.Engine, error) {
	opts := weaviate.Options{Class: c.Class, Copies: copies, Parts: parts}
	if c.EngineTokenFile != "" {
		var err error
		if opts.Token, err = readToken(c.EngineTokenFile); err != nil {
			return nil, err
		}
	}
	return weaviate.Connect(urls, opts)
}

// engineFlags name an engine that is searched.
type engineFlags struct {
	Engine []string `xor:"what" required:"" help:"${serve_engine}" placeholder:"URL"`
	engineClass
}

// openEngine reads what the engine holds, and starts the network that made its vectors.
func (f *engineFlags) openEngine(a *app, c *serveCommand) (serve.Index, embed.Embedder, *vectors.Origin, error) {
	engine, err := f.connect(f.Engine, 0, 0)
	if err != nil {
		return nil, nil, nil, misuse{err}
	}
	index, err := weaviate.Open(a.ctx, engine)
	if err != nil {
		return nil, nil, nil, err
	}
	e, err := c.elsewhere(a, "of the engine", index.Origin())
	if err != nil {
		return nil, nil, nil, errors.Join(err, index.Close())
	}
	return index, e, index.Origin(), nil
}

// readOnly says whether photos can be neither added nor removed. An engine gets its photos from an index, which is the
// truth: what was added here would be gone after the next push.
func (c *serveCommand) readOnly() bool { return c.ReadOnly || len(c.Engine) > 0 }

type indexPushCommand struct {
	Index  string   `arg:"" help:"The index's folder." placeholder:"DIR"`
	To     []string `required:"" help:"${push_to}" placeholder:"URL"`
	Copies int      `min:"1" max:"100" default:"1" help:"${push_copies}"`
	Parts  int      `min:"1" max:"10000" help:"${push_parts}"`
	Anew   bool     `help:"${push_anew}"`
	engineClass
}

// Run brings an engine to what an index holds.
func (c *indexPushCommand) Run(a *app) error {
	engine, err := c.connect(c.To, c.Copies, c.Parts)
	if err != nil {
		return misuse{err}
	}
	ix, err := index.Open(c.Index)
	if err != nil {
		return err
	}
	defer ix.Close()
	s := ix.Snapshot()
	defer s.Release()
	folder, err := filepath.Abs(c.Index)
	if err != nil {
		return err
	}
	var update func(done, total int)
	finish, step := func() {}, ""
	done, err := engine.Push(a.ctx, s, weaviate.PushOptions{Index: ix.Name(), Name: filepath.Base(folder), Anew: c.Anew,
		Progress: func(what string, done, total int) {
			if what != step {
				finish()
				step = what
				update, finish = a.progress(what)
			}
			update(done, total)
		}})
	finish()
	if err != nil {
		return fmt.Errorf("pushing the index %s: %w", c.Index, err)
	}
	a.say("the engine at %s holds the %d photos of %s: %d were added, %d replaced and %d removed", engine.Name(),
		done.Photos, c.Index, done.Added, done.Changed, done.Removed)
	return a.indexCounts(c.Index, map[string]any{"added": done.Added, "replaced": done.Changed, "removed": done.Removed})
}
