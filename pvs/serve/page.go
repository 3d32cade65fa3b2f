package serve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
)

// assets are the page: templates, a style sheet, a script and an icon, as they are.
//
//go:embed page
var assets embed.FS

// templates of the page; those that answer a request are page, fragment, product and refused.
var templates = template.Must(template.New("").Funcs(template.FuncMap{
	"score": scoreText, "count": countText, "leaf": leaf, "levels": levels, "asset": assetURL, "image": imageURL,
	"percent": percent, "ms": msText,
}).ParseFS(assets, "page/*.html"))

// assetVersions are digests of the files, which their addresses carry: a browser keeps each for ever.
var assetVersions = versions()

func versions() map[string]string {
	of := map[string]string{}
	files, err := fs.Glob(assets, "page/*")
	if err != nil {
		panic(err) // the pattern is wrong
	}
	for _, name := range files {
		data, err := assets.ReadFile(name)
		if err != nil {
			panic(err) // it is in the program
		}
		sum := sha256.Sum256(data)
		of[strings.TrimPrefix(name, "page/")] = hex.EncodeToString(sum[:6])
	}
	return of
}

func assetURL(name string) string { return "/assets/" + name + "?v=" + assetVersions[name] }

func (s *Server) pageRoutes(mux *http.ServeMux) error {
	files, err := fs.Sub(assets, "page")
	if err != nil {
		return err
	}
	for _, name := range []string{"style.css", "script.js", "icon.svg"} {
		mux.HandleFunc("GET /assets/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			http.ServeFileFS(w, r, files, name)
		})
	}
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, assetURL("icon.svg"), http.StatusMovedPermanently)
	})
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("POST /search", s.ask)
	mux.HandleFunc("GET /product", s.product)
	if s.opts.Clicks != nil {
		mux.HandleFunc("POST /teach", s.teach)
	}
	return nil
}

// fragmentHeader is sent by the script, which wants the part of the page that changes, and errors as problems.
const fragmentHeader = "X-Fragment"

// show answers with a template: all of the page, or the part that the script asks for.
func (s *Server) show(w http.ResponseWriter, r *http.Request, status int, name string, data any) {
	if r.Header.Get(fragmentHeader) == "" {
		name += "-page"
	}
	var out bytes.Buffer
	if err := templates.ExecuteTemplate(&out, name, data); err != nil {
		s.failed(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", fragmentHeader)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // a client that left
}

// ask answers the page's form: the photo becomes a link, to which the browser goes on.
func (s *Server) ask(w http.ResponseWriter, r *http.Request) {
	link, err := s.linkFor(r.Context(), r)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	q, err := pageQueryOf(r.MultipartForm.Value)
	if err != nil {
		s.failed(w, r, err)
		return
	}
	q.Link, q.ID, q.Crop = link, "", nil
	http.Redirect(w, r, q.URL(), http.StatusSeeOther)
}

// linkFor embeds the photo of a form.
func (s *Server) linkFor(ctx context.Context, r *http.Request) (string, error) {
	if r.MultipartForm == nil {
		return "", wrong("the photo is missing: choose one")
	}
	data, err := first(r.MultipartForm, "photo")
	if err == nil && data == nil {
		err = wrong("the photo is missing: choose one")
	}
	if err != nil {
		return "", err
	}
	crop, err := ParseCrop(r.FormValue("crop"))
	if err != nil {
		return "", requestError{err}
	}
	l, err := s.hold()
	if err != nil {
		return "", err
	}
	defer l.release()
	st := &stages{}
	e, err := s.embed(ctx, l, data, crop, st)
	if err != nil {
		return "", err
	}
	s.metrics.stagesOf(st.list)
	link := linkOf(l.key, e.vector)
	return link, s.remember(link, e.part)
}

// askToken is the page of those who come without the token.
func (s *Server) askToken(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusUnauthorized, "token", frame{Title: s.opts.Title})
}

// wantsPage says whether a person sees the answer as it comes.
func wantsPage(r *http.Request) bool {
	return r != nil && !strings.HasPrefix(r.URL.Path, "/v1/") && r.Header.Get(fragmentHeader) == "" &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// refusedPage is an error for people.
func refusedPage(detail string) ([]byte, error) {
	var out bytes.Buffer
	err := templates.ExecuteTemplate(&out, "refused-page", frame{Message: detail})
	return out.Bytes(), err
}
