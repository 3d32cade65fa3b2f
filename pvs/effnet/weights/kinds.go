package weights

import (
	"bytes"
	"strings"
)

// otherKind says what a file is that holds no weights that are read, and what to do; ""
// where it may be one of weights.
func otherKind(data []byte) string {
	has := func(magic string) bool { return bytes.HasPrefix(data, []byte(magic)) }
	start := strings.ToLower(string(bytes.TrimLeft(data[:min(len(data), 1024)], "\ufeff \t\r\n")))
	switch {
	case has("version https://git-lfs.github.com/"):
		return "it is a pointer of Git LFS, not the file itself: run git lfs pull where it is from"
	case strings.HasPrefix(start, "<!doctype html"), strings.HasPrefix(start, "<html"), strings.HasPrefix(start, "<?xml"),
		strings.HasPrefix(start, "<head"):
		return "it is a web page, as a server sends in place of a file that needs a login or is not there: fetch the file " +
			"itself"
	case len(data) > 262 && string(data[257:262]) == "ustar":
		return "it is a tar archive: unpack it and name the file of weights in it"
	case has("\x1f\x8b"), has("BZh"), has("\xfd7zXZ"), has("7z\xbc\xaf\x27\x1c"), has("\x28\xb5\x2f\xfd"), has("Rar!"):
		return "it is compressed: unpack it and name the file of weights in it"
	case isONNX(data):
		return "it is an ONNX model, in which weights may be folded and renamed: name the file of weights that it was " +
			"exported from, saved with " + saveCommand
	case has("\x93NUMPY"):
		return "it is one array of numpy, without the weights' names: save them with safetensors.numpy.save_file(arrays by " +
			"name, FILE)"
	case has("GGUF"):
		return "it is of GGUF, a format of language models: name a .safetensors, .pth or .h5 file"
	case len(data) > 8 && string(data[4:8]) == "TFL3":
		return "it is a TensorFlow Lite model, in which weights are folded: name the .h5 or .pth file that it was made from"
	case strings.HasPrefix(start, `{"`), strings.HasPrefix(start, "{\n"), strings.HasPrefix(start, "{\r\n"):
		if strings.Contains(string(data[:min(len(data), 1<<20)]), `"weight_map"`) {
			return "it is the index of a model in several files, which are not read: save the weights in one .safetensors file"
		}
		return "it is JSON, as settings or a server's answer are: name the file of weights itself"
	}
	return ""
}

// isONNX looks for the first fields of onnx.proto's ModelProto: ir_version, then the
// producer's name, or the opsets or the graph where there is none.
func isONNX(data []byte) bool {
	if len(data) < 9 || data[8] == '{' { // as the header of a safetensors file starts
		return false
	}
	return data[0] == 0x08 && data[1] >= 1 && data[1] <= 32 && (data[2] == 0x12 && data[3] < 128 || data[2] == 0x3a ||
		data[2] == 0x42)
}
