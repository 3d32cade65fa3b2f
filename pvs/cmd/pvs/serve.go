package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gopvs/product-visual-search/pvs/catalog"
	"github.com/gopvs/product-visual-search/pvs/embed"
	"github.com/gopvs/product-visual-search/pvs/serve"
	"github.com/gopvs/product-visual-search/pvs/serve/local"
	"github.com/gopvs/product-visual-search/pvs/teach"
	"github.com/gopvs/product-visual-search/pvs/vectors"
)

type serveCommand struct {
	networkFlags
	Index string `xor:"what" required:"" help:"The index's folder." placeholder:"DIR"`
	shardsFlags
	engineFlags
	Addr          string   `default:"127.0.0.1:8080" help:"${serve_addr}" placeholder:"HOST:PORT"`
	Photos        []string `help:"${serve_photos}" placeholder:"DIR"`
	Uploads       string   `help:"${serve_uploads}" placeholder:"DIR"`
	ReadOnly      bool     `help:"Refuse to add and to remove photos."`
	TokenFile     string   `help:"${serve_token}" placeholder:"FILE"`
	Host          []string `help:"${serve_host}" placeholder:"NAME"`
	Title         string   `help:"Of the page; the index's name if not given."`
	MaxMegabytes  int      `name:"max-megabytes" min:"1" max:"1000" default:"20" help:"Largest photo taken, in MiB."`
	MaxMegapixels int      `name:"max-megapixels" min:"1" max:"1000" default:"50" help:"Largest photo that is decoded."`
	Teach         string   `help:"${serve_teach}" placeholder:"FILE.jsonl"`
	Waiting       int      `min:"1" max:"10000" default:"64" help:"${serve_waiting}"`
}

// Run answers until it is interrupted.
func (c *serveCommand) Run(a *app) error {
	own, err := serve.Open(c.Addr)
	if err != nil {
		return misuse{err}
	}
	token, err := c.token(own)
	if err != nil {
		return err
	}
	index, e, origin, err := c.openIndex(a)
	if err != nil {
		return err
	}
	var files *serve.Files
	if _, elsewhere := index.(serve.Keeper); !elsewhere {
		if files, err = c.files(a, origin); err != nil {
			return errors.Join(err, index.Close())
		}
		defer files.Close()
	}
	clicks, err := c.clicks(a)
	if err != nil {
		return errors.Join(err, index.Close())
	}
	s, err := serve.New(serve.Options{Index: index, Embedder: e, Files: files, Title: c.Title, Token: token,
		Hosts: c.Host, ReadOnly: c.readOnly(), Clicks: clicks, MaxBytes: int64(c.MaxMegabytes) << 20,
		MaxPixels: c.MaxMegapixels * 1_000_000, Waiting: c.Waiting, Uploads: max(256, 2*int64(c.MaxMegabytes)) << 20,
		Log: a.log})
	if err != nil {
		if clicks != nil {
			err = errors.Join(err, clicks.Close())
		}
		return errors.Join(err, index.Close())
	}
	at, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return errors.Join(fmt.Errorf("%s cannot be listened at: %w", c.Addr, err), s.Close())
	}
	if err := c.announce(a, s, at.Addr().String(), token); err != nil {
		return errors.Join(err, at.Close(), s.Close())
	}
	go c.reopen(a, s)
	return s.Serve(a.ctx, at)
}

// clicks opens the file of clicks; nil: none are kept.
func (c *serveCommand) clicks(a *app) (*teach.Journal, error) {
	if c.Teach == "" {
		return nil, nil
	}
	j, err := teach.Open(c.Teach)
	if err != nil {
		return nil, err
	}
	a.say("%d clicks are kept in %s", len(j.State().Clicks), c.Teach)
	return j, nil
}

// announce says where the page is.
func (c *serveCommand) announce(a *app, s *serve.Server, addr, token string) error {
	info, err := s.Info()
	if err != nil {
		return err
	}
	about := ""
	if info.Estimated {
		about = "about "
	}
	url := "http://" + reachable(addr) + "/"
	if token != "" && c.TokenFile == "" { // one from a file is known to who may know it
		url += "?token=" + token
	}
	a.say("%d photos of %s%d products can be searched at %s", info.Photos, about, info.Products, url)
	a.say("Ctrl-C ends it, after the answers that it has begun; a hangup (kill -HUP %d) opens %s anew", os.Getpid(),
		c.what())
	return a.result(map[string]any{"url": url, "photos": info.Photos, "products": info.Products})
}

// reachable is one of this machine's addresses, where an address stands for all of them.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsUnspecified() {
		return addr
	}
	all, _ := net.InterfaceAddrs() // without any, this machine's own
	for _, a := range all {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && n.IP.IsGlobalUnicast() {
			return net.JoinHostPort(n.IP.String(), port)
		}
	}
	return net.JoinHostPort("127.0.0.1", port)
}

// what names what is searched.
func (c *serveCommand) what() string {
	switch {
	case len(c.Shards) > 0:
		return "the index of the shards"
	case len(c.Engine) > 0:
		return "the index of the engine"
	}
	return c.Index
}

// openIndex opens what is searched and starts the network that made its vectors.
func (c *serveCommand) openIndex(a *app) (serve.Index, embed.Embedder, *vectors.Origin, error) {
	switch {
	case len(c.Shards) > 0:
		return c.openShards(a, c)
	case len(c.Engine) > 0:
		return c.openEngine(a, c)
	}
	index, err := local.Open(c.Index, local.Options{Log: a.log})
	if err != nil {
		return nil, nil, nil, err
	}
	origin := index.Index().Origin()
	var e embed.Embedder
	if origin.Known() {
		e, err = c.as(a, c.Index, origin)
	} else {
		e, _, err = c.open(a)
	}
	if err != nil {
		return nil, nil, nil, errors.Join(err, index.Close())
	}
	return index, e, origin, nil
}

// reopen puts what the folder is now - another one, if it is a link - in place of what answers, at each hangup.
func (c *serveCommand) reopen(a *app, s *serve.Server) {
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	for {
		select {
		case <-hangups:
		case <-a.ctx.Done():
			return
		}
		index, e, _, err := c.openIndex(a)
		if err == nil {
			if err = s.Swap(index, e); err != nil {
				err = errors.Join(err, index.Close())
			}
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			a.log(fmt.Sprintf("%s was not opened anew, what was there before goes on answering: %v%s", c.what(), err,
				adviceFor(err)))
			continue
		}
		a.log(c.what() + " was opened anew")
	}
}

// files are the folders that photos are read from: the catalogue's, those that it was imported from, and those that
// are named.
func (c *serveCommand) files(a *app, origin *vectors.Origin) (*serve.Files, error) {
	uploads := c.Uploads
	if uploads == "" && !c.readOnly() {
		uploads = filepath.Join(c.Index, "photos")
		if err := os.MkdirAll(uploads, 0o755); err != nil {
			a.log(fmt.Sprintf("photos can be neither added nor removed, but searched for: %v", err))
			uploads = ""
		}
	}
	others := c.Photos
	folder := ""
	if origin.Known() && origin.Catalog != "" {
		if info, err := os.Stat(origin.Catalog); err == nil && info.IsDir() {
			folder = origin.Catalog
			if made, err := catalog.ReadMade(folder); err == nil && filepath.IsAbs(made.Of) {
				if info, err := os.Stat(made.Of); err == nil && info.IsDir() {
					others = append(others, made.Of)
				}
			}
		} else if len(others) == 0 {
			a.log(fmt.Sprintf("the catalogue's folder %s is not there: name the folder of the photos by --photos, else "+
				"they are found but not shown", origin.Catalog))
		}
	}
	return serve.OpenFiles(folder, uploads, others...)
}

// token is the one of the file, or a new one where others than this machine could come.
func (c *serveCommand) token(own bool) (string, error) {
	if c.TokenFile == "" {
		if own {
			return "", nil
		}
		return rand.Text(), nil
	}
	return readToken(c.TokenFile)
}

// readToken reads a token from a file.
func readToken(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("reading the token: %w", err)
	}
	token := strings.TrimSpace(string(data))
	if len(token) < 16 || strings.ContainsAny(token, " \t\r\n;,\"\\") {
		return "", fmt.Errorf("the token in %s must be a line of at least 16 characters without spaces, commas, "+
			"semicolons, quotes and backslashes", file)
	}
	return token, nil
}
