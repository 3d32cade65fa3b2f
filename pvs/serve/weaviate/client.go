package weaviate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gopvs/product-visual-search/pvs/internal/peer"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
	"github.com/gopvs/product-visual-search/pvs/serve"
)

// Errors of an engine, to be told apart with errors.Is. One that does not answer is [serve.ErrUnavailable], one that is
// full [serve.ErrFull].
var (
	// ErrNone says that an engine has no such class.
	ErrNone = errors.New("the engine holds no such class")
	// ErrSchema says that a class was not made by this program, or by another version of it.
	ErrSchema = errors.New("the class has another schema")
	// ErrOther says that a class holds the vectors of another index or network.
	ErrOther = errors.New("the class holds another index")
)

// Options of [Connect]; zero values are defaults.
type Options struct {
	Class   string        // of the photos; "": Photo
	Token   string        // of the engine (API key); "": none
	Timeout time.Duration // of a search or a look-up; 0: 5 s
	// WriteTimeout is that of a batch; 0: 60 s.
	WriteTimeout time.Duration
	// Copies is on how many machines each photo is, where the class is made; 0: 1.
	Copies int
	Parts  int           // how many the class is cut into, where it is made; 0: one a machine
	Pause  time.Duration // before a batch is sent again, twice as long each time; 0: 0.5 s
}

// Engine is a Weaviate by one or more of its addresses.
type Engine struct {
	opts   Options
	urls   []*url.URL
	client *http.Client
	turn   atomic.Uint32 // which address is asked first
	batch  int           // photos sent at a time; 0: by their size
}

// className is what Weaviate takes as the name of a class, of a length that leaves room for about's.
var className = regexp.MustCompile(`^[A-Z][A-Za-z0-9]{0,99}$`)

// Connect names an engine; nothing is asked of it yet.
func Connect(urls []string, opts Options) (*Engine, error) {
	for _, d := range []struct {
		at    *time.Duration
		usual time.Duration
	}{{&opts.Timeout, 5 * time.Second}, {&opts.WriteTimeout, time.Minute}, {&opts.Pause, time.Second / 2}} {
		if *d.at == 0 {
			*d.at = d.usual
		}
	}
	if opts.Class == "" {
		opts.Class = "Photo"
	}
	if !className.MatchString(opts.Class) {
		return nil, fmt.Errorf("%q is no name of a class: it begins with A to Z, and has letters and digits only", opts.Class)
	}
	dialer := &net.Dialer{Timeout: 3 * time.Second}
	e := &Engine{opts: opts, client: &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for _, text := range urls {
		u, err := peer.Address(text, "an engine")
		if err != nil {
			return nil, err
		}
		e.urls = append(e.urls, u)
	}
	if len(e.urls) == 0 {
		return nil, errors.New("there is no engine: name its address")
	}
	return e, nil
}

// Name names the engine for people.
func (e *Engine) Name() string { return e.urls[0].Host }

// refusal is what an engine has against a request.
type refusal struct {
	status int
	say    string
}

func (r *refusal) Error() string { return r.say }

func isStatus(err error, status int) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == status
}

// mostBytes bounds an answer of the engine.
const mostBytes = 256 << 20

// ask sends a request to one address after the other, until one answers, and reads the JSON into answer if that is not
// nil. All requests may be sent twice: they set or remove things, and add none.
func (e *Engine) ask(ctx context.Context, timeout time.Duration, method, path string, query url.Values, body,
	answer any) (err error) {
	var data []byte
	if body != nil {
		if data, err = json.Marshal(body); err != nil {
			return err
		}
	}
	var why []string
	first := e.turn.Load()
	for i := range e.urls {
		n := (int(first) + i) % len(e.urls)
		var got []byte
		got, err = e.askAt(ctx, timeout, e.urls[n], method, path, query, data)
		var r *refusal
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err == nil:
			e.turn.Store(uint32(n))
			if answer == nil {
				return nil
			}
			if err := json.Unmarshal(got, answer); err != nil {
				return unavailable("the engine at %s gives an answer that cannot be read: %v", e.urls[n].Host, err)
			}
			return nil
		case errors.As(err, &r) && full(r.say):
			return tag.Error(fmt.Errorf("the engine at %s is full, and takes no photos: %s", e.urls[n].Host, r.say),
				serve.ErrFull)
		case errors.As(err, &r) && r.status/100 == 4:
			return err
		}
		why = append(why, fmt.Sprintf("%s: %v", e.urls[n].Host, err))
	}
	return unavailable("the engine does not answer: %s", strings.Join(why, "; "))
}

// full says whether an engine takes nothing more: Weaviate sets shards read-only where disk or memory run out.
func full(say string) bool {
	for _, sign := range []string{"read-only", "no space left", "disk usage"} {
		if strings.Contains(say, sign) {
			return true
		}
	}
	return false
}

func (e *Engine) askAt(ctx context.Context, timeout time.Duration, at *url.URL, method, path string, query url.Values,
	data []byte) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	to := *at
	to.Path, to.RawQuery = path, query.Encode()
	r, err := http.NewRequestWithContext(limited, method, to.String(), bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if e.opts.Token != "" {
		r.Header.Set("Authorization", "Bearer "+e.opts.Token)
	}
	r.Header["Idempotency-Key"] = nil // sent again where a connection that was kept open turns out to be closed
	resp, err := e.client.Do(r)
	if err != nil {
		return nil, plain(limited, err)
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes+1))
	if err == nil && len(got) > mostBytes {
		err = fmt.Errorf("an answer of over %d MiB", mostBytes>>20)
	}
	if err != nil {
		return nil, plain(limited, err)
	}
	if resp.StatusCode/100 == 2 {
		return got, nil
	}
	return nil, &refusal{resp.StatusCode, said(resp.StatusCode, got)}
}

// said is the sentence in an error of Weaviate, in a line.
func said(status int, data []byte) string {
	var p struct{ Error []struct{ Message string } }
	if json.Unmarshal(data, &p) == nil && len(p.Error) > 0 {
		return oneLine(p.Error[0].Message)
	}
	if status == http.StatusUnauthorized {
		return "it asks for a token, or for another one"
	}
	return fmt.Sprintf("it answers with status %d", status)
}

// oneLine bounds what an engine says.
func oneLine(text string) string {
	const most = 300
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + " ..."
	}
	return text
}

// plain is an error of a connection without the address, which is named before it.
func plain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("it does not answer in time")
	}
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return err
}

func unavailable(format string, args ...any) error {
	return tag.Error(fmt.Errorf(format, args...), serve.ErrUnavailable)
}
