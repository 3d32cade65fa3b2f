// A still picture of AV1: dav1d behind a few functions that a host without an operating system can call.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include "dav1d/dav1d.h"

static Dav1dPicture pic;
static int have;
static Dav1dContext *ctx;

// start decodes the OBUs of one picture, the highest of its spatial layers. It returns 0, or a negative errno of dav1d.
int start(const uint8_t *bytes, uint32_t size, uint32_t max_pixels, int point) {
  Dav1dSettings s;
  dav1d_default_settings(&s);
  s.n_threads = 1;
  s.max_frame_delay = 1;
  s.frame_size_limit = max_pixels;
  s.all_layers = 0;
  s.operating_point = point;
  int e = dav1d_open(&ctx, &s);
  if (e < 0) return e;
  Dav1dData in;
  uint8_t *to = dav1d_data_create(&in, size);
  if (!to) return -12;
  memcpy(to, bytes, size);
  while (!have) {
    if (in.sz) {
      e = dav1d_send_data(ctx, &in);
      if (e < 0 && e != DAV1D_ERR(EAGAIN)) return e;
    }
    e = dav1d_get_picture(ctx, &pic);
    if (e == 0) have = 1;
    else if (e != DAV1D_ERR(EAGAIN)) return e;
    else if (!in.sz) break;
  }
  return have ? 0 : -1000;
}

// stop frees what start made, so that one instance decodes picture after picture.
void stop(void) {
  if (have) dav1d_picture_unref(&pic);
  have = 0;
  if (ctx) dav1d_close(&ctx);
}

int warning(void) { return 0; }

// fact: 0 chroma format (0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4; -1 no picture), 1 full range,
// 2 matrix coefficients, 3 color primaries.
int fact(int i) {
  if (!have) return -1;
  switch (i) {
  case 0: return pic.p.layout;
  case 1: return pic.seq_hdr->color_range;
  case 2: return pic.seq_hdr->mtrx;
  case 3: return pic.seq_hdr->pri;
  }
  return -1;
}

// Of plane c: where it is, its stride in bytes, width, height, and bits a sample
// (more than 8: two bytes, the lower first).
const uint8_t *plane(int c) { return pic.data[c]; }
int stride(int c) { return pic.stride[c > 0]; }
int width(int c) { return c && pic.p.layout != DAV1D_PIXEL_LAYOUT_I444 ? (pic.p.w + 1) >> 1 : pic.p.w; }
int height(int c) { return c && pic.p.layout == DAV1D_PIXEL_LAYOUT_I420 ? (pic.p.h + 1) >> 1 : pic.p.h; }
int bits(int c) { (void)c; return pic.p.bpc; }
