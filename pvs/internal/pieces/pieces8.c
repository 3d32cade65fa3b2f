//go:build cgo && amd64

#define PVS_LANES 8
#define PVS_INSTRUCTIONS "avx2,fma"
#include "../../effnet/cpu/batchnorm_phases.h"

#define PVS_NAME(name) name##_8
#include "pieces.h"
