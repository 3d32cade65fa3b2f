//go:build cgo && amd64

#define PVS_LANES 16
#define PVS_INSTRUCTIONS "avx512f,avx512dq,fma"
#include "../../effnet/cpu/batchnorm_phases.h"

#define PVS_NAME(name) name##_16
#include "pieces.h"
