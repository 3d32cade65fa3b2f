package serve

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// apiVersion is that of /v1 in its description.
const apiVersion = "1.0.0"

// routes are all that the server answers.
func (s *Server) routes() (http.Handler, error) {
	mux := http.NewServeMux()
	config := huma.DefaultConfig("Product visual search", apiVersion)
	config.Info.Description = "Finds the products of a catalogue that a photo shows. Errors are problems (RFC 9457) " +
		"whose detail is one sentence."
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "", "", ""
	config.CreateHooks = nil // they add addresses of schemas to answers
	config.Transformers = []huma.Transformer{oneSentence}
	if s.opts.Token != "" {
		config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
		config.Security = []map[string][]string{{"token": {}}}
	}
	api := humago.New(mux, config)
	s.searchRoutes(api)
	s.photoRoutes(api)
	s.productRoutes(api)
	s.shardRoutes(api)
	if s.opts.Clicks != nil {
		s.teachRoutes(api)
	}
	description, err := api.OpenAPI().MarshalJSON()
	if err != nil {
		return nil, err
	}
	mux.HandleFunc("GET /openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(description) // a client that left
	})
	mux.HandleFunc("GET /healthz", plainly("alive"))
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", s.metrics.handler())
	mux.HandleFunc("GET /image", s.image)
	mux.HandleFunc("GET /preview", s.preview)
	if err := s.pageRoutes(mux); err != nil {
		return nil, err
	}
	return s.withDeadline(s.metrics.counted(s.guarded(s.withForm(known(mux))))), nil
}

func plainly(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte(text + "\n")) // a client that left
	}
}

// ready answers whether searches are answered: not any more once the server is being stopped.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	if s.stopping.Load() {
		fail(w, r, http.StatusServiceUnavailable, errClosed.Error())
		return
	}
	if _, err := s.Info(); err != nil {
		s.opts.Log("not ready: " + err.Error())
		fail(w, r, http.StatusServiceUnavailable, "the index cannot be read; what is wrong is in the server's log")
		return
	}
	plainly("ready")(w, r)
}

// known answers what the mux has no route for as a problem, not as plain text.
func known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		said := &heard{header: http.Header{}}
		h.ServeHTTP(said, r)
		switch allow := said.header.Get("Allow"); {
		case said.code == http.StatusMethodNotAllowed:
			w.Header().Set("Allow", allow)
			fail(w, r, said.code, "this address takes "+allow+" only")
		case said.code/100 == 3:
			mux.ServeHTTP(w, r)
		default:
			fail(w, r, http.StatusNotFound, "there is nothing at this address: /openapi.json lists what is there")
		}
	})
}

// heard takes an answer that is not sent.
type heard struct {
	header http.Header
	code   int
}

func (h *heard) Header() http.Header            { return h.header }
func (h *heard) WriteHeader(code int)           { h.code = code }
func (h *heard) Write(data []byte) (int, error) { return len(data), nil }

// Answers of the API. None has the path of a file.

type productAnswer struct {
	Product  string            `json:"product" doc:"Id of the product; empty for a photo that is of none"`
	Score    float64           `json:"score" doc:"Cosine of the two vectors: 1 for the same photo"`
	Photo    string            `json:"photo" doc:"Id of the product's photo that is most like the one searched for"`
	Category string            `json:"category" doc:"Names from the root to the leaf, joined by ' > '"`
	Title    string            `json:"title"`
	Fields   map[string]string `json:"fields,omitempty" doc:"Further columns of the catalogue"`
	Image    string            `json:"image" doc:"Where the photo is to be had, 480 x 480 pixels at most"`
}

type searchAnswer struct {
	Products []productAnswer `json:"products" nullable:"false" doc:"Best first"`
	Match    bool            `json:"match" doc:"Whether the first is likely the same product"`
	Cutoff   float64         `json:"cutoff" doc:"Calibrated score of the same product; 0: not known, no match then"`
	State    uint64          `json:"state" doc:"Number of the index's state that all of this is of"`
	Missing  []string        `json:"missing,omitempty" doc:"Shards that did not answer: their photos are missing"`
	Taught   *taughtAnswer   `json:"taught,omitempty" doc:"Where the server keeps clicks"`
	Explain  *explainAnswer  `json:"explain,omitempty" doc:"With explain=1"`
}

type taughtAnswer struct {
	On     bool `json:"on" doc:"Whether products are in the order that clicks taught, with its scores and cutoff"`
	Clicks int  `json:"clicks" doc:"That the last fit is made of"`
	State  int  `json:"state" doc:"Of the clicks, that the last fit is of"`
}

type explainAnswer struct {
	Milliseconds float64       `json:"milliseconds" doc:"Of the whole search, the reading of the request left out"`
	Stages       []stageAnswer `json:"stages" nullable:"false"`
	Candidates   int           `json:"candidates" doc:"Photos whose vectors were compared in full"`
	Network      string        `json:"network"`
	RecallAt10   float64       `json:"recall_at_10" doc:"Of the candidates, as calibrated; 0: not known"`
}

type stageAnswer struct {
	Stage        string  `json:"stage"`
	Milliseconds float64 `json:"milliseconds"`
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// imageOf is where a photo's picture is to be had.
func imageOf(id string, side string) string {
	return "/image?id=" + url.QueryEscape(id) + "&side=" + side
}

func answerOf(a *answer, explain bool) searchAnswer {
	out := searchAnswer{Products: []productAnswer{}, Match: a.match, Cutoff: a.info.Cutoff, State: a.info.State,
		Missing: a.missing}
	for _, h := range a.products {
		out.Products = append(out.Products, productAnswer{Product: h.Photo.Product, Score: h.Score, Photo: h.Photo.ID,
			Category: h.Photo.Category, Title: h.Photo.Title, Fields: h.Photo.Fields, Image: imageOf(h.Photo.ID, "480")})
	}
	if t := a.taught; t != nil {
		out.Taught = &taughtAnswer{On: t.on, Clicks: t.clicks, State: t.lines}
	}
	if explain {
		e := &explainAnswer{Milliseconds: milliseconds(a.total), Candidates: a.candidates, Network: a.info.Network,
			RecallAt10: a.info.RecallAt10, Stages: []stageAnswer{}}
		for _, st := range a.stages {
			e.Stages = append(e.Stages, stageAnswer{st.Name, milliseconds(st.Took)})
		}
		out.Explain = e
	}
	return out
}

// filters reads "name=value" texts.
func filters(list []string) (map[string]string, error) {
	if len(list) == 0 {
		return nil, nil
	}
	fields := map[string]string{}
	for _, f := range list {
		name, value, ok := strings.Cut(f, "=")
		if !ok || name == "" {
			return nil, wrong("a filter is a column and its value, as in colour=red")
		}
		if was, twice := fields[name]; twice && was != value {
			return nil, wrong("a column is filtered by two values")
		}
		fields[name] = value
	}
	return fields, nil
}
