package backbone

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/gopvs/product-visual-search/pvs/internal/onnx"
	"github.com/gopvs/product-visual-search/pvs/internal/tag"
)

// session is a file in ONNX Runtime.
type session struct {
	run   *ort.DynamicAdvancedSession
	fixed bool    // batches have one size
	dims  []int64 // of an input of one photo
	one   []int64 // of the output of one photo
	shape shape

	input, output []float32 // of a batch
}

// version is ONNX Runtime's.
func version() string { return ort.GetVersion() }

// session loads the file, runs it on two photos, and sees that its output holds a vector for each.
func (f *File) session(out output, size, batch int, o Options) (*session, error) {
	if err := start(o.Library); err != nil {
		return nil, err
	}
	loaded, err := f.load(out, o)
	if err != nil {
		return nil, err
	}
	s := &session{run: loaded, fixed: f.batch != 0}
	s.dims = []int64{3, int64(size), int64(size)}
	if !f.planes {
		s.dims = []int64{int64(size), int64(size), 3}
	}
	s.input = make([]float32, max(batch, 2)*3*size*size)
	if err := s.probe(out, batch, f.planes); err != nil {
		s.close()
		return nil, tag.Error(fmt.Errorf("%s, run on photos of %d pixels: %w", f.path, size, err), ErrSettings)
	}
	return s, nil
}

// load gives the file to ONNX Runtime.
func (f *File) load(out output, o Options) (*ort.DynamicAdvancedSession, error) {
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	defer options.Destroy()
	if err := options.SetIntraOpNumThreads(o.Threads); err != nil {
		return nil, err
	}
	if len(f.header.Outside) > 0 {
		if err := options.AddSessionConfigEntry(besideKey, filepath.Dir(f.path)); err != nil {
			return nil, err
		}
	}
	data := f.data
	if out.inner {
		data = onnx.WithOutput(data, out.name)
	}
	s, err := ort.NewDynamicAdvancedSessionWithONNXData(data, []string{f.input}, []string{out.name}, options)
	if err != nil {
		return nil, tag.Error(f.refused(err), ErrFile)
	}
	return s, nil
}

// besideKey names the folder of the files beside a model that is loaded from memory (onnxruntime_session_options_
// config_keys.h, kOrtSessionOptionsModelExternalInitializersFileFolderPath).
const besideKey = "session.model_external_initializers_file_folder_path"

// What ONNX Runtime says of files that are newer than it, need what it lacks, or whose weights beside them are cut.
var (
	newerOps = regexp.MustCompile(`(?s)Opset (\d+) is under development.*is till opset (\d+)`)
	newerIR  = regexp.MustCompile(`Unsupported model IR version: (\d+), max supported IR version: (\d+)`)
	lacks    = regexp.MustCompile(`No Op registered for (\S+)|(\S+) is not a registered function/op`)
	cut      = regexp.MustCompile(`External initializer: (\S+) .*out of bounds`)
)

// refused says why ONNX Runtime does not take a file.
func (f *File) refused(err error) error {
	why := oneLine(err)
	if m := newerOps.FindStringSubmatch(why); m != nil {
		return fmt.Errorf("%s has operations of version %s, and ONNX Runtime %s knows them up to %s: export it for an older "+
			"one, as opset 17", f.path, m[1], version(), m[2])
	}
	if m := newerIR.FindStringSubmatch(why); m != nil {
		return fmt.Errorf("%s is in version %s of the format, and ONNX Runtime %s knows it up to %s: export it for opset 17",
			f.path, m[1], version(), m[2])
	}
	if m := lacks.FindStringSubmatch(why); m != nil {
		return fmt.Errorf("%s needs the operation %s, which ONNX Runtime %s does not have in operations of version %d: "+
			"export it without, or for another opset", f.path, m[1]+m[2], version(), f.header.Opsets[""])
	}
	if m := cut.FindStringSubmatch(why); m != nil {
		return fmt.Errorf("the weights of %s in the files beside it are cut (%s): copy those files again", f.path, m[1])
	}
	return fmt.Errorf("ONNX Runtime %s does not take %s: %s", version(), f.path, why)
}

// wrapped is what the Go package puts before ONNX Runtime's own words.
var wrapped = regexp.MustCompile(`^(Error [a-z ]*C session[a-z ]*: |Error running network: |Error creating session: )+`)

// oneLine is what ONNX Runtime said, in one line.
func oneLine(err error) string {
	return strings.Join(strings.Fields(wrapped.ReplaceAllString(err.Error(), "")), " ")
}

// probe runs a batch of grey photos and finds the vectors in the output.
func (s *session) probe(out output, batch int, planes bool) error {
	count := batch
	if !s.fixed {
		count = 2 // so that a dimension of 1 is no batch
	}
	values := []ort.Value{nil}
	var pinned runtime.Pinner // a tensor keeps a pointer to its values
	pinned.Pin(&s.input[0])
	defer pinned.Unpin()
	in, err := ort.NewTensor(s.shapeOf(count, s.dims), s.input)
	if err != nil {
		return err
	}
	defer in.Destroy()
	if err := s.run.Run([]ort.Value{in}, values); err != nil {
		return errors.New(oneLine(err))
	}
	defer values[0].Destroy()
	floats, ok := values[0].(*ort.Tensor[float32])
	if !ok {
		return fmt.Errorf("its output %s does not hold float32: it is no vector", out)
	}
	var dims []int
	for _, d := range floats.GetShape() {
		dims = append(dims, int(d))
	}
	if len(dims) == 0 || dims[0] != count {
		return fmt.Errorf("its output %s has the shape %s for %d photos: a vector a photo, [batch, d], is needed", out,
			product(dims), count)
	}
	if s.shape, err = out.shapeOf(dims, planes); err != nil {
		return err
	}
	for _, v := range floats.GetData() {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return fmt.Errorf("its output %s is not finite: the file is damaged, or was exported in too low a precision", out)
		}
	}
	s.one = floats.GetShape()[1:].Clone()
	s.output = make([]float32, batch*s.shape.rows*s.shape.dim)
	return nil
}

// shapeOf is a batch's of what one photo has.
func (s *session) shapeOf(count int, one []int64) ort.Shape {
	return append(ort.Shape{int64(count)}, one...)
}

// embed runs the first count photos of the input.
func (s *session) embed(count int, out []float32) error {
	each := s.shape.rows * s.shape.dim
	rows := count
	if s.fixed {
		rows = len(s.output) / each
	}
	var pinned runtime.Pinner // tensors keep pointers to their values
	pinned.Pin(&s.input[0])
	pinned.Pin(&s.output[0])
	defer pinned.Unpin()
	in, err := ort.NewTensor(s.shapeOf(rows, s.dims), s.input)
	if err != nil {
		return err
	}
	defer in.Destroy()
	to, err := ort.NewTensor(s.shapeOf(rows, s.one), s.output)
	if err != nil {
		return err
	}
	defer to.Destroy()
	if err := s.run.Run([]ort.Value{in}, []ort.Value{to}); err != nil {
		return errors.New(oneLine(err))
	}
	for i := range count {
		s.shape.into(s.output[i*each:(i+1)*each], out[i*s.shape.dim:(i+1)*s.shape.dim])
	}
	return nil
}

func (s *session) close() {
	if s.run != nil {
		_ = s.run.Destroy() // it only fails where there is none
		s.run = nil
	}
}
