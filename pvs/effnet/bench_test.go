package effnet

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/gomlx/compute"
	_ "github.com/gomlx/compute-onnx"
	_ "github.com/gomlx/compute/gobackend"
	_ "github.com/gomlx/go-xla/compute/xla"
	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
)

func TestSpeed(t *testing.T) {
	for _, name := range []string{"b0"} {
		for _, f := range []Formulation{Convolutions, Slices} {
			backend, err := compute.NewWithConfig(os.Getenv("GOMLX_BACKEND"))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Println(backend.Name(), backend.Description())
			c, _ := Named(name)
			store := model.NewStore()
			if err := c.Load(store.RootScope(), c.InitialValues(1)); err != nil {
				t.Fatal(err)
			}
			store.WithVariableAsConst(true)
			exec, err := model.NewExec(backend, store, func(s *model.Scope, x *graph.Node) *graph.Node {
				return c.Graph(s, x, Options{Formulation: f}).Features
			})
			if err != nil {
				t.Fatal(err)
			}
			x := tensors.FromShape(shapes.Make(dtypes.Float32, 8, 224, 224, 3))
			x.MustMutableFlatData(func(flat any) {
				for i := range flat.([]float32) {
					flat.([]float32)[i] = float32(i*7919%256)
				}
			})
			start := time.Now()
			if _, err := exec.Exec(x); err != nil {
				t.Fatal(err)
			}
			fmt.Println(name, f, "first", time.Since(start))
			start = time.Now()
			for range 8 {
				exec.Exec(x)
			}
			fmt.Println(name, f, "img/s", 64/time.Since(start).Seconds())
		}
	}
}
