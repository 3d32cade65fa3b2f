package cpu

// Processor says what of the processor the kernels' sums depend on, the width of its vectors:
// "AVX2", "AVX-512", or "" where they do not run.
func Processor() string {
	switch lanes() {
	case 8:
		return "AVX2"
	case 16:
		return "AVX-512"
	}
	return ""
}
