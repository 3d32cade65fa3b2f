package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/shards"
	"github.com/gopvs/product-visual-search/pvs/vectors"
	"github.com/gopvs/product-visual-search/pvs/whiten"
)

// shardsFlags name several servers that are searched as one.
type shardsFlags struct {
	Shards          []string      `xor:"what" required:"" help:"${serve_shards}" placeholder:"URL"`
	ShardsTokenFile string        `help:"${serve_shards_token}" placeholder:"FILE"`
	ShardsTimeout   time.Duration `default:"2s" help:"${serve_shards_timeout}"`
	Whitening       string        `help:"${serve_whitening}" placeholder:"FILE"`
}

// Longest and shortest times that a shard is waited for.
const leastShardTime, mostShardTime = 10 * time.Millisecond, 9 * time.Second

// Validate refuses flags that do not go together.
func (c *serveCommand) Validate() error {
	onShards, onEngine := len(c.Shards) > 0, len(c.Engine) > 0
	switch {
	case onShards && (len(c.Photos) > 0 || c.Uploads != ""):
		return errors.New("the shards keep the photos: leave out --photos and --uploads, or give them to the shards")
	case onEngine && c.Uploads != "":
		return errors.New("an engine gets its photos from an index: leave out --uploads")
	case (onShards || onEngine) && c.Teach != "":
		return errors.New("clicks are learned from where the vectors are, in an index on this machine: leave out --teach")
	case !onShards && c.ShardsTokenFile != "":
		return errors.New("--shards-token-file is for --shards: leave it out")
	case !onShards && !onEngine && c.Whitening != "":
		return errors.New("--whitening is for --shards and --engine: an index on disk brings its own")
	case !onEngine && (c.EngineTokenFile != "" || c.Class != ""):
		return errors.New("--engine-token-file and --class are for --engine: leave them out")
	case c.ShardsTimeout < leastShardTime || c.ShardsTimeout > mostShardTime:
		return fmt.Errorf("--shards-timeout is %v; it must be at least %v and at most %v", c.ShardsTimeout, leastShardTime,
			mostShardTime)
	}
	return c.networkFlags.Validate()
}

// openShards asks the shards what they hold, and starts the network that made their vectors.
func (f *shardsFlags) openShards(a *app, c *serveCommand) (serve.Index, embed.Embedder, *vectors.Origin, error) {
	opts := shards.Options{Timeout: f.ShardsTimeout, Log: a.log}
	if f.ShardsTokenFile != "" {
		var err error
		if opts.Token, err = readToken(f.ShardsTokenFile); err != nil {
			return nil, nil, nil, err
		}
	}
	index, err := shards.Open(a.ctx, f.Shards, opts)
	if err != nil {
		return nil, nil, nil, err
	}
	origin := index.Origin()
	e, err := c.elsewhere(a, "of the shards", origin)
	if err != nil {
		return nil, nil, nil, errors.Join(err, index.Close())
	}
	return index, e, origin, nil
}

// elsewhere makes what the photos of an index were embedded with that is on other machines; of is which index.
func (c *serveCommand) elsewhere(a *app, of string, origin *vectors.Origin) (embed.Embedder, error) {
	if !origin.Known() {
		e, _, err := c.networkFlags.open(a)
		return e, err
	}
	if !whiten.Whitened(origin) {
		return c.plain(a, of, origin)
	}
	if c.Whitening == "" {
		return nil, fmt.Errorf("the vectors %s are whitened: name a copy of index.whiten, which is in the folder of the "+
			"index that they are from, by --whitening", of)
	}
	w, err := readWhitening(c.Whitening)
	if err != nil {
		return nil, err
	}
	before, ok := w.Before(origin)
	if !ok {
		return nil, fmt.Errorf("%s is not what whitened the vectors %s: take the index.whiten of the index that they are "+
			"from", c.Whitening, of)
	}
	e, err := c.plain(a, of, before)
	if err != nil {
		return nil, err
	}
	return whiten.NewEmbedder(e, w)
}
