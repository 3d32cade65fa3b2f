package shards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/index"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

const dim = 16

// network is an embedder of few values: the first ones of a colour histogram.
type network struct {
	embed.Histogram
	name string
	dim  int
}

func (n network) Key() string            { return n.name }
func (n network) Dim() int               { return n.dim }
func (n network) Origin() vectors.Origin { return vectors.Origin{Network: n.name} }
func (n network) Embed(inputs []float32, count int, out []float32) error {
	whole := make([]float32, count*n.Histogram.Dim())
	if err := n.Histogram.Embed(inputs, count, whole); err != nil {
		return err
	}
	for i := range count {
		for d := range n.dim {
			out[i*n.dim+d] = 0.01 + whole[i*n.Histogram.Dim()+d*n.Histogram.Dim()/n.dim]
		}
	}
	return nil
}

var tiny = network{name: "tiny", dim: dim}

// randomVector has length 1.
func randomVector(rng *rand.Rand, near []float32, spread float64) []float32 {
	v, sum := make([]float32, dim), 0.0
	for i := range v {
		v[i] = float32(spread * rng.NormFloat64())
		if near != nil {
			v[i] += near[i]
		}
		sum += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(sum))
	}
	return v
}

// catalogue makes photos as a shop has them: products of one to six photos, loose ones, copies of photos within a
// product and of others, ids of all kinds.
func catalogue(n int, seed uint64) (list []index.Entry) {
	rng := rand.New(rand.NewPCG(seed, 0))
	paths := []catalog.Category{"Cups > Mugs", "Cups > Glasses", "Cups", "Plates", "", "Plates > Deep > White"}
	product, left, centre := 0, 0, []float32(nil)
	for i := range n {
		if left == 0 {
			product, left, centre = product+1, 1+rng.IntN(6), randomVector(rng, nil, 1)
		}
		left--
		kind := []string{"photo-", "a/b ", "Größe?", "%2F&"}[rng.IntN(4)]
		e := index.Entry{Photo: index.Photo{ID: fmt.Sprint(kind, i),
			Product: fmt.Sprintf("p/%d", product), Category: paths[product%len(paths)], Title: fmt.Sprint("Title ", product)},
			Vector: randomVector(rng, centre, 0.1)}
		if product%7 == 0 {
			e.Product = ""
		}
		if product%3 > 0 {
			e.Fields = map[string]string{"colour": []string{"red", "blue"}[i%2]}
		}
		if product%5 == 0 {
			e.Fields = map[string]string{"size": "s", "rare": "yes"}
		}
		if i > 0 && rng.IntN(4) == 0 {
			e.Vector = slices.Clone(list[rng.IntN(len(list))].Vector)
		}
		list = append(list, e)
	}
	return list
}

func made(t testing.TB, list []index.Entry, of network) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "shop.index")
	origin := of.Origin()
	all := iter.Seq2[index.Entry, error](func(yield func(index.Entry, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	})
	if _, err := index.Create(t.Context(), dir, index.Options{Dim: of.dim, Origin: &origin}, all); err != nil {
		t.Fatal(err)
	}
	return dir
}

// server serves an index folder as a shard that can be made to fail.
type server struct {
	*httptest.Server
	served *serve.Server
	fault  atomic.Pointer[func(w http.ResponseWriter, r *http.Request) bool] // says whether it answered itself
}

// failing lets a shard answer as f does, where that returns true; nil: as it is.
func (s *server) failing(f func(w http.ResponseWriter, r *http.Request) bool) {
	if f == nil {
		s.fault.Store(nil)
		return
	}
	s.fault.Store(&f)
}

func serving(t testing.TB, dir string, of network, token string) *server {
	t.Helper()
	ix, err := local.Open(dir, local.Options{})
	if err != nil {
		t.Fatal(err)
	}
	files, err := serve.OpenFiles("", filepath.Join(t.TempDir(), "uploads"))
	if err != nil {
		t.Fatal(err)
	}
	s := &server{}
	s.served, err = serve.New(serve.Options{Index: ix, Embedder: of, Files: files, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := s.fault.Load(); f != nil && (*f)(w, r) {
			return
		}
		s.served.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		s.Server.CloseClientConnections()
		s.Server.Close()
		s.served.Close()
		files.Close()
	})
	return s
}

// cut divides entries as parts are, in an order of its own.
func cut(list []index.Entry, n int) [][]index.Entry {
	parts := make([][]index.Entry, n)
	list = slices.Clone(list)
	rand.New(rand.NewPCG(uint64(n), 1)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	for _, e := range list {
		i := catalog.PartOf(e.ID, n).Number - 1
		parts[i] = append(parts[i], e)
	}
	return parts
}

// cluster serves parts of a catalogue.
type cluster struct {
	*Index
	servers []*server
	mu      sync.Mutex
	lines   []string
}

func (c *cluster) log(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, line)
}

func (c *cluster) logged() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return fmt.Sprint(c.lines)
}

func (c *cluster) urls() (list []string) {
	for _, s := range c.servers {
		list = append(list, s.URL)
	}
	return list
}

func clusterOf(t testing.TB, parts [][]index.Entry, opts Options) *cluster {
	t.Helper()
	c := &cluster{}
	for _, p := range parts {
		c.servers = append(c.servers, serving(t, made(t, p, tiny), tiny, opts.Token))
	}
	opts.Log = c.log
	if opts.Timeout == 0 { // busy machines are no subject of most tests
		opts.Timeout, opts.ChangeTimeout = 30*time.Second, 30*time.Second
	}
	if opts.Again == 0 {
		opts.Again = 20 * time.Millisecond
	}
	var err error
	if c.Index, err = Open(t.Context(), c.urls(), opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Index.Close() })
	return c
}

func snapshotOf(t testing.TB, ix serve.Index) serve.Snapshot {
	t.Helper()
	s, err := ix.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func missing(s serve.Snapshot) []string { return s.(serve.Partial).Missing() }

// asked sends a request to a server that is not on the network, and returns the JSON that comes.
func asked(t testing.TB, h http.Handler, r *http.Request) (int, map[string]any) {
	t.Helper()
	r.Host = "127.0.0.1:8080"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Body)
	var v map[string]any
	if len(body) > 0 && json.Unmarshal(body, &v) != nil {
		v = map[string]any{"text": string(body)}
	}
	return w.Code, v
}

// formOf is a form; values that are bytes are files.
func formOf(method, path string, pairs ...any) *http.Request {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i < len(pairs); i += 2 {
		if data, is := pairs[i+1].([]byte); is {
			part, err := w.CreateFormFile(pairs[i].(string), "photo.jpg")
			if err != nil {
				panic(err)
			}
			part.Write(data)
			continue
		}
		w.WriteField(pairs[i].(string), fmt.Sprint(pairs[i+1]))
	}
	w.Close()
	r := httptest.NewRequest(method, path, &body)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}
