package download

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"
)

// Get downloads addresses; each is called once for every address, one call at a time, in any order, with the file or
// with why there is none. The error is of the disk, or of a context that has ended: then requests that have begun get a
// moment to end, and addresses that have not come get no call.
func (s *Store) Get(ctx context.Context, addresses []string, each func(address string, f File, err error)) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	begun, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	defer context.AfterFunc(ctx, func() {
		_ = sleep(begun, s.opts.Grace) // or until all is done
		end()
	})()
	var calling sync.Mutex
	g := &getting{Store: s, ctx: ctx, begun: begun, turn: make(chan struct{}, s.opts.AtOnce),
		each: func(address string, f File, err error) {
			calling.Lock()
			defer calling.Unlock()
			each(address, f, err)
		}}
	var workers sync.WaitGroup
	for _, q := range g.queues(addresses) {
		for range min(s.opts.PerHost, len(q.fresh)) {
			workers.Go(func() {
				if err := g.work(q); err != nil {
					stop(err)
				}
			})
		}
	}
	workers.Wait()
	return context.Cause(ctx)
}

// getting is one call of Get.
type getting struct {
	*Store
	ctx   context.Context // ends when no more is to be begun
	begun context.Context // ends when what has begun is to end
	turn  chan struct{}   // for the requests to all hosts
	each  func(address string, f File, err error)
}

// queues sorts addresses by hosts, in their order; what need not be asked for is handed out.
func (g *getting) queues(addresses []string) (all []*queue) {
	of, seen := map[string]*queue{}, map[string]bool{}
	for _, address := range addresses {
		if seen[address] {
			continue
		}
		seen[address] = true
		if f, r, there := g.known(address); there && (!g.opts.Again || r.Round == g.round) {
			g.each(address, f, nil)
			continue
		}
		u, err := parse(address)
		if err != nil {
			g.each(address, File{}, err)
			continue
		}
		name := strings.ToLower(u.Host)
		if of[name] == nil {
			of[name] = &queue{host: host{name: name}, most: laterPerWorker * g.opts.PerHost}
			all = append(all, of[name])
		}
		of[name].fresh = append(of[name].fresh, address)
	}
	return all
}

// work downloads from a host until nothing waits. The error is of the disk.
func (g *getting) work(q *queue) error {
	for {
		w, ok := q.next(g.ctx)
		if !ok {
			return nil
		}
		f, err := g.one(&q.host, w.address)
		if errors.As(err, new(diskError)) {
			return err
		}
		if err != nil && g.ctx.Err() != nil { // interrupted, or as good as: the next run says what is wrong
			return nil
		}
		if err != nil {
			var pause time.Duration
			if pause, err = g.client.retry(&q.host, w.attempt, err); err == nil {
				q.put(wanted{w.address, w.attempt + 1, time.Now().Add(pause)})
				continue
			}
		}
		g.each(w.address, f, err)
	}
}

// diskError is an error that every other file would meet, too.
type diskError struct{ error }

func (d diskError) Unwrap() error { return d.error }

// one asks once for a file that is not there, or may be another now.
func (g *getting) one(h *host, address string) (File, error) {
	if err := h.givenUp(g.opts.GiveUp); err != nil {
		return File{}, err
	}
	was, r, there := g.known(address)
	var validators had
	if there {
		validators = had{r.ETag, r.Changed}
	}
	a, err := g.client.attempt(g.ctx, g.begun, h, g.turn, address, validators)
	h.count(err)
	if err != nil {
		return File{}, err
	}
	if a.same {
		err = g.note(r)
	} else {
		r, err = g.keep(record{Address: address, ETag: a.etag, Changed: a.changed}, a.content)
	}
	if err != nil {
		return File{}, diskError{err}
	}
	return File{r.File, r.Size, r.SHA256, !there || r.SHA256 != was.SHA256}, nil
}
