package finetune

import (
	"cmp"
	"fmt"

	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/compute/dtypes/gotype"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"

	"github.com/gopvs/product-visual-search/pvs/engine"
)

// devices are those of a backend that take a step in parallel: each holds all weights and
// moments and sees its part of a batch's rows. A program is written for the whole batch, as for
// one device; XLA's partitioner (Shardy) divides it and adds up what goes over rows - the loss,
// the gradients, the statistics of BatchNorms - so that a step means the same on any number.
type devices struct {
	mesh    *distributed.DeviceMesh
	divided *distributed.ShardingSpec // the first axis, a batch's rows
	copied  *distributed.ShardingSpec // nothing: each device has all
}

// newDevices takes the first n of a backend's devices; nil for one.
func newDevices(n int) (*devices, error) {
	if n <= 1 {
		return nil, nil
	}
	const axis = "rows"
	mesh, err := distributed.NewDeviceMesh([]int{n}, []string{axis})
	if err != nil {
		return nil, err
	}
	divided, err := distributed.BuildSpec(mesh).S(axis).Done()
	if err != nil {
		return nil, err
	}
	return &devices{mesh: mesh, divided: divided, copied: distributed.NewReplicatedShardingSpec(mesh)}, nil
}

// count is how many devices take a step.
func (d *devices) count() int {
	if d == nil {
		return 1
	}
	return d.mesh.NumDevices()
}

// divide refuses rows that the devices cannot share equally. What names them.
func (d *devices) divide(what string, rows int) error {
	n := d.count()
	if rows%n == 0 {
		return nil
	}
	return fmt.Errorf("a %s of %d images does not divide among %d devices: %w", what, rows, n, engine.ErrDevices)
}

// devicesFor is how many devices a run's steps take: as many as were asked for, else all of an
// accelerator's, or as many of them as its batches divide among, and one on a CPU, whose
// devices share its cores.
func (r *run) devicesFor(n, micro int) (int, error) {
	p := r.settings.Phase
	if _, err := r.Training.Again(func(q *engine.Request) { q.Devices = n }); err != nil {
		return 0, err
	}
	asked, err := newDevices(n)
	switch {
	case err != nil:
		return 0, err
	case p.Siamese():
		return 1, nil
	case n > 0:
		return n, cmp.Or(asked.divide("batch", p.Batch), asked.divide("micro-batch", micro))
	case onHost(r.Training.Backend):
		return 1, nil
	}
	all := r.Training.Backend.NumDevices()
	for n = all; p.Batch%n != 0 || micro%n != 0; n-- {
	}
	if n < all {
		split := ""
		if micro > 0 {
			split = fmt.Sprintf(", in micro-batches of %d,", micro)
		}
		r.once(fmt.Sprintf("%d of %d devices train: as many as a batch of %d images%s divides among", n, all, p.Batch, split))
	}
	return n, nil
}

// micro is a size of micro-batches, or 0 where it splits nothing.
func (r *run) micro(size int) int {
	if size >= r.settings.Phase.Batch || r.input == FromFeatures {
		return 0
	}
	return size
}

// share makes a program run on all devices. Its outputs are copied to each.
func (d *devices) share(exec *model.Exec) {
	exec.AutoSharding(d.mesh).WithOutputShardingSpecs(d.copied)
}

// argument is a parameter of a program that is not a weight.
type argument struct {
	rows bool // it has a row for each of the batch's, so that devices share them
	part func(i, of int) *tensors.Tensor
}

// perRow is an argument whose first dimension is a batch's rows.
func perRow[T gotype.Supported](data []T, dims ...int) argument {
	return argument{rows: true, part: func(i, of int) *tensors.Tensor {
		n := len(data) / of
		return tensors.FromFlatDataAndDimensions(data[i*n:(i+1)*n], append([]int{dims[0] / of}, dims[1:]...)...)
	}}
}

// scalar is one number for all rows.
func scalar(v float32) argument {
	return argument{part: func(_, _ int) *tensors.Tensor { return tensors.FromScalar(v) }}
}

// value is what a program takes: a tensor, or a tensor for each device.
type value interface{ FinalizeAll() error }

// shard makes an argument's value, and its sharding over the devices that a program runs on.
func (d *devices) shard(a argument, on int) (value, *distributed.ShardingSpec, error) {
	if on == 1 {
		return a.part(0, 1), nil, nil
	}
	spec, of := d.copied, 1
	if a.rows {
		spec, of = d.divided, on
	}
	shards := make([]*tensors.Tensor, on)
	for i := range shards {
		shards[i] = a.part(i%of, of)
	}
	v, err := dtensor.NewTensor(spec, shards)
	return v, spec, err
}
