package still

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"
)

//go:embed hevc.wasm.gz
var hevcProgram []byte

//go:embed av1.wasm.gz
var av1Program []byte

var engines = [...]*engine{HEVC: {program: hevcProgram}, AV1: {program: av1Program}}

// memoryPages, of 64 KiB, are the most that one picture may take.
const memoryPages = 32768

func slotCount() int { return runtime.GOMAXPROCS(0) }

// engine is a program, compiled at its first use.
type engine struct {
	program []byte
	once    sync.Once
	err     error
	runtime wazero.Runtime
	code    wazero.CompiledModule
}

func (e *engine) compile() error {
	e.once.Do(func() {
		ctx := context.Background()
		r, err := gzip.NewReader(bytes.NewReader(e.program))
		if err != nil {
			e.err = err
			return
		}
		program, err := io.ReadAll(r)
		if err != nil {
			e.err = err
			return
		}
		// Without checks for a context's end, which take four times as long as the decoding.
		config := wazero.NewRuntimeConfig().WithMemoryLimitPages(memoryPages)
		e.runtime = wazero.NewRuntimeWithConfig(ctx, config)
		if _, e.err = wasi_snapshot_preview1.Instantiate(ctx, e.runtime); e.err == nil {
			e.code, e.err = e.runtime.CompileModule(ctx, program)
		}
	})
	return e.err
}

// instance is a running program with memory of its own.
type instance struct {
	module api.Module
}

func (e *engine) start() (*instance, error) {
	if err := e.compile(); err != nil {
		return nil, err
	}
	// It has no files, arguments, environment or clock, and what it prints goes nowhere.
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
	m, err := e.runtime.InstantiateModule(context.Background(), e.code, config)
	if err != nil {
		return nil, err
	}
	return &instance{module: m}, nil
}

func (in *instance) close() { _ = in.module.Close(context.Background()) } // nothing is left to lose

// call calls a function of the program.
func (in *instance) call(ctx context.Context, name string, args ...uint64) (int, error) {
	out, err := in.module.ExportedFunction(name).Call(ctx, args...)
	if err != nil { // it trapped, took too much memory or too long
		return 0, fmt.Errorf("%w (the decoder stopped in %s)", ErrDamaged, name)
	}
	if len(out) == 0 {
		return 0, nil
	}
	return int(int32(out[0])), nil
}

func (in *instance) stop() error {
	_, err := in.call(context.Background(), "stop")
	return err
}

func (in *instance) decode(data []byte, point, maxPixels int) (*Picture, error) {
	ctx := context.Background()
	at, err := in.call(ctx, "malloc", uint64(len(data)))
	if err != nil {
		return nil, err
	}
	if at == 0 || !in.module.Memory().Write(uint32(at), data) {
		return nil, fmt.Errorf("%w (no memory for %d bytes)", ErrDamaged, len(data))
	}
	code, err := in.call(ctx, "start", uint64(uint32(at)), uint64(len(data)), uint64(maxPixels), uint64(point))
	if err != nil {
		return nil, err
	}
	if code != 0 {
		return nil, fmt.Errorf("%w (decoder's error %d)", ErrDamaged, code)
	}
	if _, err := in.call(ctx, "free", uint64(uint32(at))); err != nil {
		return nil, err
	}
	for range 100 { // what the decoder goes on in spite of; 1000 only says that there are no threads
		w, err := in.call(ctx, "warning")
		if err != nil {
			return nil, err
		}
		if w == 0 {
			break
		}
		if w > 1000 {
			return nil, fmt.Errorf("%w (decoder's warning %d)", ErrDamaged, w)
		}
	}
	return in.picture(ctx, maxPixels)
}

// picture looks up what start has decoded.
func (in *instance) picture(ctx context.Context, maxPixels int) (*Picture, error) {
	var err error
	get := func(name string, arg int) int {
		var v int
		if err == nil {
			v, err = in.call(ctx, name, uint64(uint32(arg)))
		}
		return v
	}
	p := &Picture{Chroma: Chroma(get("fact", 0)), FullRange: get("fact", 1) != 0, Matrix: get("fact", 2),
		Primaries: get("fact", 3), Width: get("width", 0), Height: get("height", 0), Bits: get("bits", 0)}
	switch {
	case err != nil:
		return nil, err
	case p.Chroma < Grey || p.Chroma > YUV444 || p.Width < 1 || p.Height < 1 || p.Bits < 8 || p.Bits > 16:
		return nil, fmt.Errorf("%w (they hold no picture)", ErrDamaged)
	case p.Width > maxPixels/p.Height:
		return nil, ErrTooLarge
	}
	bytes := (p.Bits + 7) / 8
	for c := range p.Planes {
		if c > 0 && p.Chroma == Grey {
			break
		}
		at, stride, w, h := get("plane", c), get("stride", c), get("width", c), get("height", c)
		if err != nil {
			return nil, err
		}
		if get("bits", c) != p.Bits {
			return nil, fmt.Errorf("%w (brightness and colour differ in bits)", ErrDamaged)
		}
		cw, ch := p.chromaSize()
		if c > 0 && (w != cw || h != ch) || stride < w*bytes {
			return nil, fmt.Errorf("%w (a plane of %d x %d)", ErrDamaged, w, h)
		}
		view, ok := in.module.Memory().Read(uint32(at), uint32(stride*(h-1)+w*bytes))
		if !ok {
			return nil, fmt.Errorf("%w (a plane lies outside)", ErrDamaged)
		}
		p.Planes[c], p.Strides[c] = view, stride
	}
	return p, err
}

// chromaSize is the size of the planes of colour.
func (p *Picture) chromaSize() (w, h int) {
	w, h = p.Width, p.Height
	if p.Chroma == YUV420 || p.Chroma == YUV422 {
		w = (w + 1) / 2
	}
	if p.Chroma == YUV420 {
		h = (h + 1) / 2
	}
	return w, h
}
