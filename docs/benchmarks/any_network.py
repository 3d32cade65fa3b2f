"""python docs/benchmarks/any_network.py DIM FILE.onnx: an untrained network of photos of 32 pixels, for indexes of made
vectors of so many values. Needs numpy and onnx."""
import sys

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

dim, file = int(sys.argv[1]), sys.argv[2]
weights = np.random.default_rng(1).normal(size=(dim, 3, 16, 16)).astype(np.float32)
graph = helper.make_graph(
    [helper.make_node("Conv", ["photos", "weights"], ["maps"], strides=[16, 16]),
     helper.make_node("GlobalAveragePool", ["maps"], ["pooled"]),
     helper.make_node("Flatten", ["pooled"], ["vectors"])],
    "any", [helper.make_tensor_value_info("photos", TensorProto.FLOAT, ["batch", 3, 32, 32])],
    [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["batch", dim])],
    [numpy_helper.from_array(weights, "weights")])
save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), file)
