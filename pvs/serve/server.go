package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/teach"
)

// Options of [New]; zero values are defaults.
type Options struct {
	Index    Index          // what is searched; the server closes it
	Embedder embed.Embedder // that its vectors are of; the server closes it if it can be closed
	Files    *Files         // where photos are read from; nil: none are shown

	Clicks *teach.Journal // where clicks of people are kept, by which searches become better; nil: none are

	Title    string   // of the page; "": the index's name
	Token    string   // that every request but /healthz and /readyz must bring; "": none
	Hosts    []string // names that the server goes by, beside addresses and localhost
	ReadOnly bool     // refuse to add and to remove

	MaxBytes  int64         // of a photo; 0: 20 MiB
	MaxPixels int           // of a photo; 0: 50 million
	Slots     int           // photos that are decoded at once; 0: one a core
	Waiting   int           // photos that wait for it, before more are turned away; 0: 64
	Uploads   int64         // bytes of all uploads that are in memory; 0: 256 MiB
	Deadline  time.Duration // of the work for a request; 0: 10 s

	Log func(string) // gets what went wrong here, a line each; nil: nobody does
}

func (o *Options) fill() error {
	if o.Index == nil || o.Embedder == nil {
		return errors.New("a server needs an index and the embedder of its vectors")
	}
	number := func(v *int64, usual int64) {
		if *v == 0 {
			*v = usual
		}
	}
	number(&o.MaxBytes, 20<<20)
	number(&o.Uploads, 256<<20)
	number((*int64)(&o.Deadline), int64(10*time.Second))
	if o.MaxPixels == 0 {
		o.MaxPixels = 50_000_000
	}
	if o.Slots == 0 {
		o.Slots = runtime.GOMAXPROCS(0)
	}
	if o.Waiting == 0 {
		o.Waiting = 64
	}
	if o.MaxBytes < 0 || o.Uploads < o.MaxBytes || o.MaxPixels < 0 || o.Slots < 0 || o.Waiting < 0 || o.Deadline < 0 {
		return errors.New("limits of a server are above 0, and all uploads together hold at least one photo")
	}
	for i, h := range o.Hosts {
		o.Hosts[i] = strings.ToLower(h)
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	return nil
}

// Server answers searches. It is an http.Handler; [Server.Serve] listens with deadlines for slow clients, too.
type Server struct {
	opts     Options
	live     atomic.Pointer[live]
	handler  http.Handler
	metrics  *metrics
	photos   *admission // photos that are sent
	thumbs   *admission // pictures of the index's photos
	budget   budget
	pictures *cache // of the index's photos
	previews *cache // of photos that were searched with
	making   singleflight.Group
	teaching *teaching // nil: no clicks are kept
	wall     wall      // of the first page
	stopping atomic.Bool
}

// Bytes of the pictures that are kept in memory.
const pictureBytes, previewBytes = 64 << 20, 16 << 20

// New makes a server that is ready to answer.
func New(opts Options) (*Server, error) {
	if err := opts.fill(); err != nil {
		return nil, err
	}
	s := &Server{opts: opts, photos: newAdmission(opts.Slots, opts.Waiting), thumbs: newAdmission(opts.Slots, 1000),
		pictures: newCache(pictureBytes), previews: newCache(previewBytes)}
	s.budget.free.Store(opts.Uploads)
	s.metrics = newMetrics(s)
	l, err := s.newLive(opts.Index, opts.Embedder)
	if err != nil {
		return nil, err
	}
	s.live.Store(l)
	if s.handler, err = s.routes(); err != nil {
		return nil, err
	}
	if opts.Clicks != nil {
		s.startTeaching()
	}
	return s, nil
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close lets go of the index and the embedder, after the last answer.
func (s *Server) Close() error {
	s.stopping.Store(true)
	err := s.teaching.close()
	if l := s.live.Swap(nil); l != nil {
		l.retire()
	}
	return err
}

// Times that clients have. A photo of 20 MiB takes 17 s at 10 Mbit/s.
const (
	headTime  = 5 * time.Second
	readTime  = 30 * time.Second
	writeTime = 60 * time.Second
	idleTime  = 2 * time.Minute
	drainTime = 20 * time.Second
	maxHead   = 32 << 10
	maxConns  = 2000
)

// Serve answers on a listener until ctx ends. It then refuses new connections, answers what it has begun, at most 20 s
// long, closes the server and returns nil.
func (s *Server) Serve(ctx context.Context, at net.Listener) error {
	hs := &http.Server{Handler: s, ReadHeaderTimeout: headTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHead, ErrorLog: quiet(s.opts.Log)}
	ended := make(chan error, 1)
	go func() { ended <- hs.Serve(limited(at, maxConns)) }()
	select {
	case err := <-ended:
		return errors.Join(fmt.Errorf("listening at %s: %w", at.Addr(), err), s.Close())
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := hs.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.opts.Log(fmt.Sprintf("some requests were not complete after %v, and are given up", drainTime))
		err = hs.Close()
	}
	return errors.Join(err, s.Close())
}

// Info says what the newest state of the index holds.
func (s *Server) Info() (Info, error) {
	v, err := s.view()
	if err != nil {
		return Info{}, err
	}
	defer v.end()
	return v.Info(), nil
}
