package serve

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are what /metrics shows, of this server only and not of the process's other ones.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	stages   *prometheus.HistogramVec
	photos   prometheus.Histogram
	changes  *prometheus.CounterVec
	swaps    prometheus.Counter
}

func newMetrics(s *Server) *metrics {
	times := []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10}
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pvs_requests_total",
			Help: "Requests that were answered."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "pvs_request_seconds",
			Help: "Time from the request's head to its answer's end.", Buckets: times}, []string{"route"}),
		stages: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "pvs_stage_seconds",
			Help: "Time of a stage of a search.", Buckets: times}, []string{"stage"}),
		photos: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "pvs_batch_photos",
			Help: "Photos that went through the network together.", Buckets: []float64{1, 2, 4, 8, 16, 32, 64}}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pvs_changes_total",
			Help: "Photos that were put or removed."}, []string{"change"}),
		swaps: prometheus.NewCounter(prometheus.CounterOpts{Name: "pvs_swaps_total",
			Help: "Indexes that were put in place of another."}),
	}
	info := func(name, help string, of func(Info) float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, func() float64 {
			i, err := s.Info()
			if err != nil {
				return -1
			}
			return of(i)
		})
	}
	m.registry.MustRegister(m.requests, m.seconds, m.stages, m.photos, m.changes, m.swaps,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		info("pvs_index_photos", "Photos in the index.", func(i Info) float64 { return float64(i.Photos) }),
		info("pvs_index_products", "Products in the index.", func(i Info) float64 { return float64(i.Products) }),
		info("pvs_index_state", "Number of the index's state.", func(i Info) float64 { return float64(i.State) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "pvs_photos_inside",
			Help: "Photos that are worked on or wait for it."}, func() float64 { return float64(len(s.photos.inside)) }))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// batch notes a forward pass.
func (m *metrics) batch(photos int, _ time.Duration) { m.photos.Observe(float64(photos)) }

// stagesOf notes the stages of a search.
func (m *metrics) stagesOf(list []Stage) {
	for _, st := range list {
		m.stages.WithLabelValues(st.Name).Observe(st.Took.Seconds())
	}
}

// status is a ResponseWriter that remembers the status.
type status struct {
	http.ResponseWriter
	code int
}

func (w *status) WriteHeader(code int) {
	if w.code == 0 {
		w.code = code
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *status) Write(data []byte) (int, error) {
	if w.code == 0 {
		w.code = http.StatusOK
	}
	return w.ResponseWriter.Write(data)
}

// Unwrap is for http.ResponseController.
func (w *status) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// counted notes each request under the pattern of its route, of which there are few.
func (m *metrics) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun, sw := time.Now(), &status{ResponseWriter: w}
		next.ServeHTTP(sw, r)
		route := r.Pattern
		if route == "" {
			route = "none"
		}
		m.requests.WithLabelValues(route, strconv.Itoa(sw.code)).Inc()
		m.seconds.WithLabelValues(route).Observe(time.Since(begun).Seconds())
	})
}
