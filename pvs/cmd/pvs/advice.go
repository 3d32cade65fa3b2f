package main

import (
	"errors"

	"github.com/gopvs/product-visual-search/pvs/backend"
	"github.com/gopvs/product-visual-search/pvs/effnet"
	"github.com/gopvs/product-visual-search/pvs/engine"
	"github.com/gopvs/product-visual-search/pvs/finetune"
)

// advice is what a user of the command can do about an error of the library, which knows nothing
// of flags and variables.
var advice = []struct {
	is  error
	say string
}{
	{backend.ErrStart, "GOMLX_BACKEND names one"},
	{backend.ErrLibrary, "ONNXRUNTIME_SHARED_LIBRARY_PATH says where"},
	{effnet.ErrNoInt8, "set GOMLX_BACKEND=onnxruntime:cpu, or leave out --precision"},
	{effnet.ErrNoFloat16, "leave out GOMLX_BACKEND on such a processor, or --precision"},
	{effnet.ErrNoBFloat16, "set GOMLX_BACKEND=xla:cpu, xla:cuda or xla:tpu, or leave out --precision"},
	{engine.ErrInferenceOnly, "leave out --precision, or give --precision bfloat16"},
	{engine.ErrDevices, "--devices says how many"},
	{finetune.ErrAnotherWay, "--another-way goes on all the same, with other rounding"},
	{finetune.ErrMemory, "--micro-batch says of how many images"},
}

// advised is an error's text with what to do about it.
func advised(err error) string {
	text := err.Error()
	for _, a := range advice {
		if errors.Is(err, a.is) {
			text += "; " + a.say
		}
	}
	return text
}
