package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/imageprep"
)

// An index that is late is as late as anything else: the client may try again.
func TestLateIndex(t *testing.T) {
	s := openShop(t, nil)
	status, say := s.statusOf(fmt.Errorf("scanning: %w", context.DeadlineExceeded))
	if status != http.StatusServiceUnavailable || say != errDeadline.Error() {
		t.Errorf("%d %s", status, say)
	}
}

// Photos that wait are embedded together, and each gets its own vector.
func TestBatches(t *testing.T) {
	e := &counting{slow: 5 * time.Millisecond}
	var photos atomic.Int64
	b := newBatcher(e, func(n int, _ time.Duration) { photos.Add(int64(n)) })
	var all sync.WaitGroup
	const n = 60
	for i := range n {
		all.Go(func() {
			input := make([]float32, 2)
			input[0], input[1] = float32(i+1), 1
			j, err := b.embed(t.Context(), input)
			if err != nil {
				t.Error(err)
				return
			}
			if got := j.vector[0] / j.vector[1]; got < float32(i+1)*0.999 || got > float32(i+1)*1.001 {
				t.Errorf("photo %d has the vector of %g", i+1, got)
			}
		})
	}
	all.Wait()
	if runs := e.runs.Load(); photos.Load() != n || runs >= n/2 || runs < n/4 {
		t.Errorf("%d photos in %d batches", photos.Load(), runs)
	}
	b.close()
	if _, err := b.embed(t.Context(), make([]float32, 2)); !errors.Is(err, errClosed) {
		t.Error(err)
	}
	if !e.closed.Load() {
		t.Error("the embedder is open")
	}
}

// counting is an embedder whose vector is its input.
type counting struct {
	embed.Histogram
	slow   time.Duration
	runs   atomic.Int64
	closed atomic.Bool
	fail   error
}

func (c *counting) InputLen() int { return 2 }
func (c *counting) Dim() int      { return 2 }
func (c *counting) Batch() int    { return 4 }
func (c *counting) Close()        { c.closed.Store(true) }
func (c *counting) Embed(inputs []float32, n int, vectors []float32) error {
	c.runs.Add(1)
	time.Sleep(c.slow)
	copy(vectors, inputs[:2*n])
	return c.fail
}

// A photo without a direction, or a network that fails, costs the photos of its batch only.
func TestBatchErrors(t *testing.T) {
	e := &counting{}
	b := newBatcher(e, func(int, time.Duration) {})
	defer b.close()
	if _, err := b.embed(t.Context(), make([]float32, 2)); err == nil || !strings.Contains(err.Error(), "no direction") {
		t.Error(err)
	}
	e.fail = errors.New("the network fails")
	if _, err := b.embed(t.Context(), []float32{1, 1}); !errors.Is(err, e.fail) {
		t.Error(err)
	}
	e.fail = nil
	if _, err := b.embed(t.Context(), []float32{1, 1}); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := b.embed(ended, []float32{1, 1})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// broken panics where it is told to.
type broken struct {
	embed.Histogram
	prepare, embed bool
}

func (b *broken) Prepare(p *imageprep.RGB, input []float32) {
	if b.prepare {
		panic("of prepare")
	}
	b.Histogram.Prepare(p, input)
}

func (b *broken) Embed(inputs []float32, n int, vectors []float32) error {
	if b.embed {
		panic("of embed")
	}
	return b.Histogram.Embed(inputs, n, vectors)
}

// A panic costs its own request, which learns nothing of it; the log does.
func TestPanic(t *testing.T) {
	b := &broken{}
	s := openShop(t, func(o *Options) { o.Embedder = b })
	for _, where := range []*bool{&b.prepare, &b.embed} {
		*where = true
		s.refuses(t, form("POST", "/v1/search", "@photo", plain(red, white)), 500, "in the server's log")
		var out struct{ Answers []batchItem }
		s.answers(t, form("POST", "/v1/search/batch", "@photo", plain(red, white), "id", "red-1"), 200, &out)
		if out.Answers[0].Error.Status != 500 || out.Answers[1].Error != nil {
			t.Errorf("%+v", out)
		}
		*where = false
		s.answers(t, form("POST", "/v1/search", "@photo", plain(red, white)), 200, nil)
	}
	if logs := strings.Join(s.logs, "\n"); !strings.Contains(logs, "of prepare") || !strings.Contains(logs, "of embed") {
		t.Error(logs)
	}
}

// Indexes are swapped under load: no request fails, no answer mixes two of them, and each old one is closed once its
// last answer is given.
func TestSwap(t *testing.T) {
	s := openShop(t, nil)
	photo := plain(red, white)
	vector := vectorOfJPEG(t, photo)
	made := func(n int) *memory {
		m := newMemory(fmt.Sprint("shop ", n), s.index.dim)
		for i := range 5 {
			id := fmt.Sprintf("%d-%d", n, i)
			if _, err := m.Put(t.Context(), Photo{ID: id, Product: id}, vector); err != nil {
				t.Fatal(err)
			}
		}
		m.state = uint64(100 + n)
		return m
	}
	first := made(0)
	if err := s.Swap(first, embed.Histogram{}); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var answered atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var a searchAnswer
				s.answers(t, form("POST", "/v1/search", "@photo", photo, "k", 10), 200, &a)
				answered.Add(1)
				for _, p := range a.Products {
					if want := fmt.Sprint(a.State-100, "-"); !strings.HasPrefix(p.Product, want) || len(a.Products) != 5 {
						t.Errorf("the answer of state %d has %s", a.State, names(a))
						return
					}
				}
			}
		})
	}
	old := []*memory{s.index, first}
	for n := 1; n <= 20; n++ {
		next := made(n)
		if err := s.Swap(next, embed.Histogram{}); err != nil {
			t.Fatal(err)
		}
		old = append(old, next)
		time.Sleep(2 * time.Millisecond)
	}
	close(stop)
	all.Wait()
	for i, m := range old[:len(old)-1] {
		if !m.closed {
			t.Errorf("index %d was not closed", i)
		}
	}
	if answered.Load() < 20 || old[len(old)-1].closed || len(s.logs) > 0 {
		t.Errorf("%d answers; %v", answered.Load(), s.logs)
	}
	if err := s.Swap(newMemory("of another network", 7), embed.Histogram{}); err == nil ||
		!strings.Contains(err.Error(), "7 values") {
		t.Error(err)
	}
	s.answers(t, form("POST", "/v1/search", "@photo", photo), 200, nil)
}

// A server that is stopped answers what it has begun, and its index is closed after that.
func TestGracefulStop(t *testing.T) {
	s := openShop(t, func(o *Options) { o.Slots = 1 })
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, at) }()
	done, err := s.photos.work(t.Context()) // the request waits for this one
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + at.Addr().String()
	r := form("POST", "/v1/search", "@photo", plain(red, white))
	body, _ := io.ReadAll(r.Body)
	answer := make(chan error, 1)
	go func() {
		resp, err := http.Post(url+"/v1/search", r.Header.Get("Content-Type"), strings.NewReader(string(body)))
		if err == nil {
			defer resp.Body.Close()
			if text, _ := io.ReadAll(resp.Body); resp.StatusCode != 200 {
				err = fmt.Errorf("%d: %s", resp.StatusCode, text)
			}
		}
		answer <- err
	}()
	for len(s.photos.inside) == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	for !s.stopping.Load() {
		time.Sleep(time.Millisecond)
	}
	select {
	case err := <-ended:
		t.Fatalf("ended before its last answer: %v", err)
	case <-time.After(30 * time.Millisecond):
	}
	done()
	if err := <-answer; err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if !s.index.closed {
		t.Error("the index is open")
	}
	if _, err := http.Get(url + "/healthz"); err == nil {
		t.Error("still listening")
	}
}

// Connections beyond the limit wait for others to end.
func TestConnections(t *testing.T) {
	raw, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := limited(raw, 1)
	accepted := make(chan net.Conn, 2)
	go func() {
		for {
			c, err := at.Accept()
			if err != nil {
				close(accepted)
				return
			}
			accepted <- c
		}
	}()
	for range 2 {
		c, err := net.Dial("tcp", raw.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	one := <-accepted
	select {
	case <-accepted:
		t.Error("two at once")
	case <-time.After(20 * time.Millisecond):
	}
	one.Close()
	one.Close() // counts once
	(<-accepted).Close()
	at.Close()
	if _, more := <-accepted; more {
		t.Error("accepted after the end")
	}
}
