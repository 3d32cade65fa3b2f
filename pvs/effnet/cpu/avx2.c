//go:build cgo && amd64

#define PVS_LANES 8
#define PVS_INSTRUCTIONS "avx2,fma"
#include "adam.h"
#include "dense.h"
#include "network.h"
#include "training_backward.h"
#include "batchnorm_phases.h"
#include "pack.h"

#define PVS_EXPORT(name) name##_8
#include "export.h"
