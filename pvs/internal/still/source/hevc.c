// A still picture of HEVC: libde265 behind four functions that a host without an operating system can call.
#include <stdint.h>
#include <stdlib.h>
#include "libde265/de265.h"

static de265_decoder_context *ctx;
static const struct de265_image *img;

// start decodes NAL units, each behind its length in four bytes, to one picture.
// It returns 0, or an error of de265_error.
int start(const uint8_t *data, uint32_t size, uint32_t max_pixels, int point) {
  static int kept;
  (void)max_pixels, (void)point; // for AV1
  if (!kept) kept = 1, de265_init(); // its tables are not made anew for each picture
  ctx = de265_new_decoder();
  if (!ctx) return DE265_ERROR_OUT_OF_MEMORY;
  while (size >= 4) {
    uint32_t n = (uint32_t)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
    data += 4, size -= 4;
    if (n > size) return DE265_ERROR_NO_SUCH_FILE; // the host makes sure
    de265_error e = de265_push_NAL(ctx, data, n, 0, NULL);
    if (e != DE265_OK) return e;
    data += n, size -= n;
  }
  de265_error e = de265_flush_data(ctx);
  if (e != DE265_OK) return e;
  for (int more = 1; more && !(img = de265_get_next_picture(ctx));) {
    more = 0;
    e = de265_decode(ctx, &more);
    if (e != DE265_OK) return e;
  }
  if (!img) img = de265_get_next_picture(ctx);
  return 0;
}

// stop frees what start made, so that one instance decodes picture after picture.
void stop(void) {
  if (ctx) de265_free_decoder(ctx);
  ctx = NULL, img = NULL;
}

// warning is the next warning that decoding left, 0 without one: libde265 makes a picture of damaged data all the same.
int warning(void) { return ctx ? de265_get_warning(ctx) : 0; }

// facts: 0 chroma format (0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4; -1 no picture), 1 full range,
// 2 matrix coefficients, 3 color primaries.
int fact(int i) {
  if (!img) return -1;
  switch (i) {
  case 0: return de265_get_chroma_format(img);
  case 1: return de265_get_image_full_range_flag(img);
  case 2: return de265_get_image_matrix_coefficients(img);
  case 3: return de265_get_image_colour_primaries(img);
  }
  return -1;
}

// Of plane c: where it is, its stride in bytes, width, height, and bits a sample
// (more than 8: two bytes, the lower first).
const uint8_t *plane(int c) { return de265_get_image_plane(img, c, NULL); }
int stride(int c) { int s = 0; de265_get_image_plane(img, c, &s); return s; }
int width(int c) { return de265_get_image_width(img, c); }
int height(int c) { return de265_get_image_height(img, c); }
int bits(int c) { return de265_get_bits_per_pixel(img, c); }
