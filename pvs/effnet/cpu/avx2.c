//go:build cgo && amd64

#define PVS_LANES 8
#define PVS_INSTRUCTIONS "avx2,fma"
#include "adam.h"
#include "dense.h"
#include "norms.h"
#include "pack.h"

#define PVS_EXPORT(name) name##_8
#include "export.h"
