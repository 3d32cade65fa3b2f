package shards

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
	"strings"
	"time"

	"github.com/gopvs/product-visual-search/pvs/serve"
)

// silence is why nothing can be had of a shard: it is left out of what is asked.
type silence struct{ error }

func (s silence) Unwrap() error { return s.error }

func silent(format string, args ...any) error { return silence{fmt.Errorf(format, args...)} }

// refusal is a silence that ends only when somebody mends what is wrong.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

func refused(format string, args ...any) error { return silence{refusal{fmt.Errorf(format, args...)}} }

// errChanged is that a shard has another index than it was checked with.
var errChanged = silence{errors.New("it has another index than before, which is being checked")}

// mostBytes bounds an answer of a shard.
const mostBytes = 64 << 20

// newClient makes what all shards are asked by. It follows no redirect, which could take the token elsewhere, and uses
// no proxy.
func newClient() *http.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Client{
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 64, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: 5 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// request is one to a shard.
type request struct {
	method, path string
	query        url.Values
	kind         string // of the body
	body         []byte
	tag          string // that is known
	writes       bool   // it changes something: what the shard answers about that is passed on
}

// response is what a shard answered.
type response struct {
	status int
	tag    string
	body   []byte
}

// do asks a shard. Errors are a silence, or what the shard says against the request ([serve.StatusError]).
func (s *shard) do(ctx context.Context, q request) (*response, error) {
	to := *s.base
	to.Path, to.RawQuery = q.path, q.query.Encode()
	if unescaped, err := url.PathUnescape(q.path); err == nil {
		to.Path, to.RawPath = unescaped, q.path
	}
	r, err := http.NewRequestWithContext(ctx, q.method, to.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	if q.kind != "" {
		r.Header.Set("Content-Type", q.kind)
	}
	if q.tag != "" {
		r.Header.Set("If-None-Match", q.tag)
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	if !q.writes { // asked again where a connection that was kept open turns out to be closed
		r.Header["Idempotency-Key"] = nil
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, silence{reason(ctx, err)}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, mostBytes+1))
	switch {
	case err != nil:
		return nil, silence{reason(ctx, err)}
	case len(data) > mostBytes:
		return nil, silent("its answer has over %d MiB", mostBytes>>20)
	case resp.StatusCode < 300 || resp.StatusCode == http.StatusNotModified:
		return &response{resp.StatusCode, resp.Header.Get("ETag"), data}, nil
	}
	return nil, problem(resp, data, q)
}

// problem is what a shard answered in place of what was asked for.
func problem(resp *http.Response, data []byte, q request) error {
	var p struct{ Detail string }
	said := resp.Header.Get("Content-Type") == "application/problem+json" && json.Unmarshal(data, &p) == nil &&
		p.Detail != ""
	status := resp.StatusCode
	switch {
	case status == http.StatusUnauthorized:
		return refused("it asks for a token, or for another one")
	case status == http.StatusMisdirectedRequest:
		return refused("it does not go by this name: it must be started with it as one of its names")
	case !said:
		return refused("it is no server of this program, or of an older version: it answers with status %d", status)
	case status == http.StatusConflict && strings.HasPrefix(q.path, "/v1/shard"):
		return errChanged
	case q.writes && (status == http.StatusServiceUnavailable || status == http.StatusInsufficientStorage),
		status/100 == 4 && status != http.StatusTooManyRequests:
		return &serve.StatusError{Status: status, Detail: p.Detail}
	}
	return silent("it answers: %s", p.Detail)
}

// reason is why a request failed, without the address that the caller names.
func reason(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) || ctx.Err() != nil {
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
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("its answer is cut off")
	}
	return err
}

// decode reads an answer.
func decode[T any](r *response, err error) (*T, error) {
	if err != nil {
		return nil, err
	}
	v := new(T)
	if err := json.Unmarshal(r.body, v); err != nil {
		return nil, silent("its answer cannot be read: %v", err)
	}
	return v, nil
}

// get asks for something.
func get[T any](ctx context.Context, s *shard, path string, query url.Values) (*T, error) {
	return decode[T](s.do(ctx, request{method: http.MethodGet, path: path, query: query}))
}

// post asks for something with a body of JSON.
func post[T any](ctx context.Context, s *shard, path string, body any) (*T, error) {
	data, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return decode[T](s.do(ctx, request{method: http.MethodPost, path: path, kind: "application/json", body: data}))
}

// isStatus says whether a shard answered with a status.
func isStatus(err error, status int) bool {
	var e *serve.StatusError
	return errors.As(err, &e) && e.Status == status
}
