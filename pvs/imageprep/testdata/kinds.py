"""Makes kinds.zip: small images of all kinds, written by Pillow 13, pillow-heif, tifffile, imagecodecs, ImageMagick,
libwebp, libavif, libheif, libjpeg-turbo, libtiff, FFmpeg, ExifTool and gifsicle (Debian 12), and by hand, and beside
them the pixels that Pillow 13 decodes, turned by exif_transpose and laid on white. A record: python kinds.py FOLDER,
with those in a virtual environment; other versions write other bytes.

In the archive, index.txt has a line for each image: name, then "WIDTH HEIGHT FILE-OF-PIXELS", or "!" and words that
the refusal has to hold.
"""

import hashlib, io, os, struct, subprocess, sys, zipfile
import numpy as np
from PIL import Image, ImageDraw, ImageOps
import pillow_heif, tifffile, imagecodecs

pillow_heif.register_heif_opener()
os.makedirs(sys.argv[1])
os.chdir(sys.argv[1])
for d in ('k', 'tmp'):
    os.makedirs(d)
W, H = 27, 21
y, x = np.mgrid[0:H, 0:W]
a = np.stack([x * 6 % 256, y * 8 % 256, (x + y) * 3 % 256], -1).astype(np.uint8)
im = Image.fromarray(a)
d = ImageDraw.Draw(im)
d.rectangle([3, 3, 9, 8], fill=(230, 20, 20))
d.rectangle([18, 13, 26, 20], fill=(255, 255, 255))
d.ellipse([11, 4, 20, 14], fill=(20, 60, 200))
d.rectangle([0, 15, 6, 20], fill=(0, 0, 0))
im.save('tmp/plain.png')
al = Image.fromarray(((x * 7) % 256).astype(np.uint8))
ImageDraw.Draw(al).rectangle([0, 0, 8, 8], fill=0)
ImageDraw.Draw(al).rectangle([15, 8, 22, 20], fill=255)
rgba = im.copy()
rgba.putalpha(al)
rgba.save('tmp/alpha.png')
g = im.convert('L')
la = g.copy()
la.putalpha(al)
pal = im.quantize(16, dither=0)
pal2 = im.quantize(4, dither=0)
pal1 = im.quantize(2, dither=0)
pal8 = im.quantize(200, dither=0)
one = im.convert('1')


def sh(*c, **k):
    r = subprocess.run([str(v) for v in c], capture_output=True, **k)
    if r.returncode:
        print('FAILED', c, r.stderr[-300:])


def k(n):
    return 'k/' + n


# WebP
im.save(k('w_lossy.webp'), quality=80)
im.save(k('w_lossless.webp'), lossless=True)
rgba.save(k('w_alpha.webp'), quality=85)
rgba.save(k('w_alpha_ll.webp'), lossless=True, exact=True)
rgba.save(k('w_alpha_raw.webp'), quality=85, alpha_quality=60)
for m in 'none', 'fast', 'best':
    sh('cwebp', '-quiet', '-alpha_filter', m, '-q', 70, 'tmp/alpha.png', '-o', k(f'w_cwebp_{m}.webp'))
sh('cwebp', '-quiet', '-alpha_method', 0, '-q', 70, 'tmp/alpha.png', '-o', k('w_cwebp_alpharaw.webp'))
sh('cwebp', '-quiet', '-lossless', 'tmp/plain.png', '-o', k('w_cwebp_ll.webp'))
sh('cwebp', '-quiet', '-q', 5, '-segments', 4, '-partition_limit', 30, 'tmp/plain.png', '-o', k('w_cwebp_low.webp'))
sh('cwebp', '-quiet', '-near_lossless', 40, 'tmp/plain.png', '-o', k('w_nearll.webp'))
red = Image.new('RGB', (W, H), (255, 0, 0))
im.save(k('w_anim.webp'), save_all=True, append_images=[red], duration=100, quality=80)
rgba.save(k('w_anim_alpha.webp'), save_all=True, append_images=[red.convert('RGBA')], lossless=True)
sh('img2webp', '-lossy', '-q', 80, 'tmp/plain.png', '-lossless', 'tmp/alpha.png', '-o', k('w_img2webp.webp'))
im.crop((0, 0, 16, 13)).save('tmp/small.webp', quality=90)
sh(
    'webpmux',
    '-frame',
    'tmp/small.webp',
    '+100+6+4+0+b',
    '-frame',
    'tmp/small.webp',
    '+100+0+0',
    '-bgcolor',
    '255,0,0,0',
    '-o',
    k('w_mux_offset.webp'),
)
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-c:v', 'libwebp', '-q:v', 80, k('w_ffmpeg.webp'))
sh('/usr/bin/convert', 'tmp/alpha.png', '-quality', 80, k('w_magick.webp'))
pal.save(k('w_pal.webp'), lossless=True)
g.save(k('w_grey.webp'), quality=80)
big = im.resize((70, 50))
big.save(k('w_big.webp'), quality=75, method=6)
# GIF
im.save(k('g_plain.gif'))
pal.save(k('g_inter.gif'), interlace=1)
g.save(k('g_grey.gif'))
p = pal.copy()
p.info['transparency'] = 3
p.save(k('g_transp.gif'), transparency=3)
sh(
    '/usr/bin/convert',
    '-size',
    '40x35',
    'xc:red',
    '(',
    'tmp/plain.png',
    '-repage',
    '40x35+6+8',
    ')',
    '-delete',
    '0',
    '-set',
    'page',
    '40x35+6+8',
    k('g_offset.gif'),
)
sh('/usr/bin/convert', 'tmp/plain.png', '-interlace', 'GIF', k('g_magick_inter.gif'))
sh('/usr/bin/convert', 'tmp/alpha.png', k('g_magick_alpha.gif'))
sh('gifsicle', '--no-warnings', '--crop', '5,5+14x9', k('g_plain.gif'), '-o', k('g_sicle.gif'))
gd = open(k('g_plain.gif'), 'rb').read()
small = bytearray(gd)
small[6:10] = struct.pack('<HH', 12, 9)
open(k('g_screen_small.gif'), 'wb').write(small)
large = bytearray(gd)
large[6:10] = struct.pack('<HH', 40, 30)
open(k('g_screen_large.gif'), 'wb').write(large)
tr = bytearray(open(k('g_transp.gif'), 'rb').read())
tr[6:10] = struct.pack('<HH', 40, 30)
open(k('g_transp_large.gif'), 'wb').write(tr)
im.save(k('g_anim.gif'), save_all=True, append_images=[red, im], duration=50)
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', k('g_ffmpeg.gif'))
# BMP
im.save(k('b_24.bmp'))
pal.save(k('b_p8.bmp'))
one.save(k('b_1.bmp'))
g.save(k('b_grey.bmp'))
rgba.save(k('b_32.bmp'))
im.save(k('b_dib.dib'))


def bmp(name, bits, rows, pal=b'', comp=0, hdr=40, masks=(), top=False, w=W, h=H, pad=0, colors=0, size=None, gap=b''):
    H_ = struct.pack('<IiiHHIIiiII', hdr, w, -h if top else h, 1, bits, comp, len(rows), 2835, 2835, colors, 0)
    extra = b''
    if hdr == 40:
        if masks:
            extra = b''.join(struct.pack('<I', m) for m in masks)
    else:
        m = b''.join(struct.pack('<I', v) for v in masks)
        H_ += m.ljust(hdr - 40, b'\0')[: hdr - 40]
        if hdr >= 108:
            H_ = H_[:56] + b'BGRs'[:4] + H_[60:]
    off = 14 + len(H_) + len(extra) + len(pal) + len(gap)
    open(k(name), 'wb').write(b'BM' + struct.pack('<IHHI', off + len(rows), 0, 0, off) + H_ + extra + pal + gap + rows)


def pack(vals, dt, width=W, up=True):
    v = vals[::-1] if up else vals
    out = b''
    for r in v:
        b = np.ascontiguousarray(r).astype(dt).tobytes()
        out += b + b'\0' * (-len(b) % 4)
    return out


R, G, B = [a2.astype(np.uint32) for a2 in np.moveaxis(np.asarray(im), -1, 0)]
A = np.asarray(al).astype(np.uint32)
v565 = (R >> 3) << 11 | (G >> 2) << 5 | B >> 3
v555 = (R >> 3) << 10 | (G >> 3) << 5 | B >> 3
bmp('b_565.bmp', 16, pack(v565, '<u2'), comp=3, masks=(0xF800, 0x7E0, 0x1F))
bmp('b_555.bmp', 16, pack(v555, '<u2'))
bmp('b_555f.bmp', 16, pack(v555, '<u2'), comp=3, masks=(0x7C00, 0x3E0, 0x1F))
x0 = R << 16 | G << 8 | B
xa = A << 24 | x0
bmp('b_x0.bmp', 32, pack(x0, '<u4'))
bmp('b_x0_v3.bmp', 32, pack(x0, '<u4'), comp=3, masks=(0xFF0000, 0xFF00, 0xFF))
for hdr in (52, 56, 108, 124):
    bmp(f'b_h{hdr}_x0.bmp', 32, pack(x0, '<u4'), comp=3, hdr=hdr, masks=(0xFF0000, 0xFF00, 0xFF))
    bmp(f'b_h{hdr}_plain.bmp', 32, pack(xa, '<u4'), hdr=hdr)
    bmp(f'b_h{hdr}_24.bmp', 24, pack(np.asarray(im)[..., ::-1].reshape(H, -1), 'u1'), hdr=hdr)
    if hdr > 52:
        bmp(f'b_h{hdr}_alpha.bmp', 32, pack(xa, '<u4'), comp=3, hdr=hdr, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))
        bmp(f'b_h{hdr}_alpha0.bmp', 32, pack(x0, '<u4'), comp=3, hdr=hdr, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))
bmp('b_plainmasks.bmp', 32, pack(x0, '<u4'), comp=0, hdr=124, masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))
bmp('b_abgr.bmp', 32, pack(R << 24 | G << 16 | B << 8, '<u4'), comp=3, masks=(0xFF000000, 0xFF0000, 0xFF00))
bmp('b_top.bmp', 24, pack(np.asarray(im)[..., ::-1].reshape(H, -1), 'u1', up=False), top=True)
bmp('b_top32.bmp', 32, pack(x0, '<u4', up=False), top=True)
idx = np.asarray(pal).astype(np.uint8)
pl = np.array(pal.getpalette()[:48]).reshape(-1, 3)
P4 = b''.join(bytes([c[2], c[1], c[0], 0]) for c in pl)
P3 = b''.join(bytes([c[2], c[1], c[0]]) for c in pl)


def nib(rows, bits):
    out = []
    for r in rows:
        n = 8 // bits
        r = np.concatenate([r, np.zeros(-len(r) % n, np.uint8)])
        out.append(sum(r[i::n].astype(np.uint32) << (8 - bits * (i + 1)) for i in range(n)).astype(np.uint8))
    return np.array(out)


bmp('b_p4.bmp', 4, pack(nib(idx, 4), 'u1'), pal=P4)
bmp('b_p8_16.bmp', 8, pack(idx, 'u1'), pal=P4, colors=16)
bmp('b_gap.bmp', 8, pack(idx, 'u1'), pal=P4, colors=16, gap=b'\0' * 12)
i2 = np.asarray(pal2).astype(np.uint8)
p2 = np.array(pal2.getpalette()[:12]).reshape(-1, 3)
bmp('b_p2.bmp', 2, pack(nib(i2, 2), 'u1'), pal=b''.join(bytes([c[2], c[1], c[0], 0]) for c in p2))
i1 = np.asarray(pal1).astype(np.uint8)
p1 = np.array(pal1.getpalette()[:6]).reshape(-1, 3)
bmp('b_p1.bmp', 1, pack(nib(i1, 1), 'u1'), pal=b''.join(bytes([c[2], c[1], c[0], 0]) for c in p1))


def os2(name, bits, rows, pal=b''):
    off = 14 + 12 + len(pal)
    open(k(name), 'wb').write(
        b'BM' + struct.pack('<IHHI', off + len(rows), 0, 0, off) + struct.pack('<IHHHH', 12, W, H, 1, bits) + pal + rows
    )


os2('b_os2_24.bmp', 24, pack(np.asarray(im)[..., ::-1].reshape(H, -1), 'u1'))
os2('b_os2_4.bmp', 4, pack(nib(idx, 4), 'u1'), P3)
os2('b_os2_8.bmp', 8, pack(idx, 'u1'), P3.ljust(768, b'\0'))
os2('b_os2_1.bmp', 1, pack(nib(i1, 1), 'u1'), b''.join(bytes([c[2], c[1], c[0]]) for c in p1))
bmp('b_os22.bmp', 8, pack(idx, 'u1'), pal=P4, colors=16, hdr=64)


def rle8(rows, delta=False):
    out = b''
    for r in rows[::-1]:
        i = 0
        while i < len(r):
            n = 1
            while i + n < len(r) and r[i + n] == r[i] and n < 255:
                n += 1
            if n < 2 and i + 4 <= len(r):
                out += bytes([0, 4]) + bytes(r[i : i + 4])
                i += 4
                continue
            out += bytes([n, r[i]])
            i += n
        out += b'\0\0'
    return out + b'\0\1'


def rle4(rows):
    out = b''
    for r in rows[::-1]:
        i = 0
        while i < len(r):
            if i + 5 <= len(r) and i % 2 == 0 and len(set(r[i : i + 5])) > 2:
                s = list(r[i : i + 5]) + [0]
                out += bytes([0, 5]) + bytes([s[0] << 4 | s[1], s[2] << 4 | s[3], s[4] << 4]) + b'\0'
                i += 5
                continue
            n = min(2, len(r) - i)
            c = r[i] << 4 | (r[i + 1] if n > 1 else 0)
            out += bytes([n, c])
            i += n
        out += b'\0\0'
    return out + b'\0\1'


bmp('b_rle8.bmp', 8, rle8(idx), pal=P4, comp=1, colors=16)
bmp('b_rle4.bmp', 4, rle4(idx), pal=P4, comp=2)
bmp('b_rle8_delta.bmp', 8, b'\x05\x03\0\2\x04\x02\x03\x01\0\0' + b'\x0a\x02\0\1', pal=P4, comp=1, colors=16)
bmp('b_rle8_noeob.bmp', 8, rle8(idx)[:-4], pal=P4, comp=1, colors=16)
sh('/usr/bin/convert', 'tmp/plain.png', 'BMP2:' + k('b_magick2.bmp'))
sh('/usr/bin/convert', 'tmp/plain.png', 'BMP3:' + k('b_magick3.bmp'))
sh('/usr/bin/convert', 'tmp/alpha.png', k('b_magick_alpha.bmp'))
sh('/usr/bin/convert', 'tmp/plain.png', '-compress', 'RLE', '-type', 'Palette', 'BMP3:' + k('b_magick_rle.bmp'))
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/alpha.png', '-pix_fmt', 'bgra', k('b_ffmpeg.bmp'))
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-pix_fmt', 'rgb565le', k('b_ffmpeg565.bmp'))
# PNG
im.save(k('p_rgb.png'))
rgba.save(k('p_rgba.png'))
g.save(k('p_g.png'))
la.save(k('p_la.png'))
pal.save(k('p_p4.png'))
pal2.save(k('p_p2.png'))
pal8.save(k('p_p8.png'))
one.save(k('p_1.png'))
pal.save(k('p_trns.png'), transparency=bytes(range(0, 256, 16)))
im.save(k('p_trns_rgb.png'), transparency=(230, 20, 20))
g.save(k('p_trns_g.png'), transparency=255)
sh('/usr/bin/convert', 'tmp/plain.png', '-depth', '16', k('p_rgb16.png'))
open(k('p_rgb16b.png'), 'wb').write(
    imagecodecs.png_encode(np.stack([R << 8 | G, G << 8 | B, B << 8 | R], -1).astype(np.uint16))
)
open(k('p_rgba16.png'), 'wb').write(
    imagecodecs.png_encode(np.stack([R << 8 | G, G << 8 | B, B << 8 | R, A << 8 | A], -1).astype(np.uint16))
)
open(k('p_g16.png'), 'wb').write(imagecodecs.png_encode((R << 8 | G).astype(np.uint16)))
sh('/usr/bin/convert', 'tmp/alpha.png', '-interlace', 'PNG', k('p_adam7.png'))
sh('/usr/bin/convert', 'tmp/plain.png', '-colors', '6', '-interlace', 'PNG', 'PNG8:' + k('p_adam7p.png'))
sh('/usr/bin/convert', 'tmp/plain.png', '-gamma', '1', '-set', 'gamma', '0.9', k('p_gama.png'))
im.save(k('p_apng.png'), save_all=True, append_images=[red], duration=100)
im.save(k('p_apng_default.png'), save_all=True, append_images=[red], default_image=True)
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-f', 'apng', k('p_ffmpeg.apng'))
sh('/usr/bin/convert', 'tmp/plain.png', '-depth', '2', '-colorspace', 'Gray', k('p_g2.png'))
# JPEG
im.save(k('j_444.jpg'), quality=90, subsampling=0)
im.save(k('j_420.jpg'), quality=90, subsampling=2)
im.save(k('j_422.jpg'), quality=90, subsampling=1)
im.save(k('j_prog.jpg'), quality=90, subsampling=0, progressive=True)
g.save(k('j_g.jpg'))
g.save(k('j_gprog.jpg'), progressive=True)
im.save(k('j_rst.jpg'), quality=90, subsampling=0, restart_marker_blocks=2)
im.save(k('j_rgb.jpg'), quality=90, keep_rgb=True)
c = im.convert('CMYK')
c.save(k('j_cmyk.jpg'), quality=92)
c.save(k('j_cmykprog.jpg'), quality=92, progressive=True)
cm = np.asarray(c).copy()
cm[..., 3] = (y * 3) % 120
for s in ('444', '422', '420', '440', '411'):
    open(k(f'j_ycck_{s}.jpg'), 'wb').write(
        imagecodecs.jpeg8_encode(255 - cm, level=92, colorspace='CMYK', outcolorspace='YCCK', subsampling=s)
    )
    open(k(f'j_cmyk_{s}.jpg'), 'wb').write(
        imagecodecs.jpeg8_encode(255 - cm, level=92, colorspace='CMYK', outcolorspace='CMYK', subsampling=s)
    )


def noadobe(src, dst):
    b = open(k(src), 'rb').read()
    i = b.index(b'\xff\xee')
    n = struct.unpack('>H', b[i + 2 : i + 4])[0]
    open(k(dst), 'wb').write(b[:i] + b[i + 2 + n :])


noadobe('j_cmyk.jpg', 'j_cmyk_noadobe.jpg')
noadobe('j_cmyk_420.jpg', 'j_cmyk_420_noadobe.jpg')
noadobe('j_ycck_444.jpg', 'j_ycck_noadobe.jpg')
noadobe('j_rgb.jpg', 'j_rgb_noadobe.jpg') if b'\xff\xee' in open(k('j_rgb.jpg'), 'rb').read() else None
sh(
    '/usr/bin/convert',
    'tmp/plain.png',
    '-colorspace',
    'CMYK',
    '-sampling-factor',
    '2x2,1x1,1x1,2x2',
    '-quality',
    92,
    k('j_magick_cmyk.jpg'),
)
im.save('tmp/plain.ppm')
for s in ('1x1', '2x1', '1x2', '2x2', '3x1', '4x1', '4x2', '1x4', '3x2'):
    sh('cjpeg', '-quality', 92, '-sample', s, '-outfile', k(f'j_s{s}.jpg'), 'tmp/plain.ppm')
sh('cjpeg', '-quality', 92, '-sample', '2x2,2x1,1x2', '-outfile', k('j_smix.jpg'), 'tmp/plain.ppm')
sh('cjpeg', '-quality', 92, '-sample', '1x1,2x2,1x1', '-outfile', k('j_sodd.jpg'), 'tmp/plain.ppm')
open('tmp/scans.txt', 'w').write('0;\n1;\n2;\n')
sh('cjpeg', '-quality', 92, '-sample', '1x1', '-scans', 'tmp/scans.txt', '-outfile', k('j_multi.jpg'), 'tmp/plain.ppm')
sh(
    'cjpeg',
    '-quality',
    92,
    '-sample',
    '2x2',
    '-scans',
    'tmp/scans.txt',
    '-restart',
    '2B',
    '-outfile',
    k('j_multi420.jpg'),
    'tmp/plain.ppm',
)
open('tmp/scans2.txt', 'w').write(
    '0 1 2: 0-0,0,1;\n0: 1-63,0,2;\n1: 1-63,0,1;\n2: 1-63,0,1;\n0: 1-63,2,1;\n'
    '0 1 2: 0-0,1,0;\n1: 1-63,1,0;\n2: 1-63,1,0;\n0: 1-63,1,0;\n'
)
sh('cjpeg', '-quality', 92, '-scans', 'tmp/scans2.txt', '-outfile', k('j_progscans.jpg'), 'tmp/plain.ppm')
sh(
    'cjpeg',
    '-quality',
    92,
    '-progressive',
    '-restart',
    '3B',
    '-sample',
    '2x2',
    '-outfile',
    k('j_prog420.jpg'),
    'tmp/plain.ppm',
)
sh('cjpeg', '-quality', 97, '-baseline', '-optimize', '-outfile', k('j_opt.jpg'), 'tmp/plain.ppm')
sh('cjpeg', '-quality', 20, '-dct', 'fast', '-outfile', k('j_low.jpg'), 'tmp/plain.ppm')
sh('cjpeg', '-arithmetic', '-quality', 92, '-outfile', k('j_arith.jpg'), 'tmp/plain.ppm')
sh('cjpeg', '-arithmetic', '-progressive', '-quality', 92, '-outfile', k('j_arithprog.jpg'), 'tmp/plain.ppm')
r12 = np.asarray(im).astype(np.uint16) * 16
open(k('j_12.jpg'), 'wb').write(imagecodecs.jpeg8_encode(r12, level=95, bitspersample=12))
try:
    open(k('j_lossless.jpg'), 'wb').write(imagecodecs.ljpeg_encode(np.asarray(g)))
except Exception as e:
    print(e)
try:
    open(k('j_lossless8.jpg'), 'wb').write(imagecodecs.jpeg8_encode(np.asarray(im), lossless=True, predictor=1))
except Exception as e:
    print(e)
open(k('j_ls.jls'), 'wb').write(imagecodecs.jpegls_encode(np.asarray(im)))
im.save(k('j_mpo.mpo'), save_all=True, append_images=[red], quality=90)
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-c:v', 'mjpeg', '-q:v', 2, k('j_ffmpeg.jpg'))


# exif
def exif(o, kind=3, order='<', extra=b''):
    t = {'<': b'II*\0', '>': b'MM\0*'}[order] + struct.pack(order + 'I', 8) + struct.pack(order + 'H', 1)
    v = {1: struct.pack(order + 'Bxxx', o), 3: struct.pack(order + 'HH', o, 0), 4: struct.pack(order + 'I', o)}[kind]
    return t + struct.pack(order + 'HHI', 0x112, kind, 1) + v + struct.pack(order + 'I', 0)


def app1(b):
    return b'\xff\xe1' + struct.pack('>H', len(b) + 2) + b


base = io.BytesIO()
im.save(base, 'JPEG', quality=90, subsampling=0)
base = base.getvalue()
ins = lambda seg, at=2: base[:at] + seg + base[at:]
xmp = (
    lambda o: b'http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description tiff:Orientation="%d"/></rdf:RDF></x:xmpmeta>' % o
)
n = 2 + 2 + struct.unpack('>H', base[4:6])[0]
for o in range(1, 9):
    open(k(f'e_{o}.jpg'), 'wb').write(ins(app1(b'Exif\0\0' + exif(o, 3, '<>'[o % 2])), n))
W_ = lambda name, b: open(k(name), 'wb').write(b)
W_('e_long.jpg', ins(app1(b'Exif\0\0' + exif(6, 4, '>'))))
W_('e_long_ii.jpg', ins(app1(b'Exif\0\0' + exif(8, 4, '<'))))
W_('e_byte.jpg', ins(app1(b'Exif\0\0' + exif(6, 1, '<'))))
W_('e_fill.jpg', ins(b'\xff\xff\xff' + app1(b'Exif\0\0' + exif(6))))
W_('e_second.jpg', ins(app1(b'http://ns.adobe.com/xap/1.0/\0<x/>') + app1(b'Exif\0\0' + exif(5))))
W_('e_xmp.jpg', ins(app1(xmp(6))))
W_('e_xmpexif.jpg', ins(app1(xmp(6)) + app1(b'Exif\0\0' + exif(3))))
W_('e_two.jpg', ins(app1(b'Exif\0\0' + exif(6)) + app1(b'Exif\0\0' + exif(3))))
W_('e_bad9.jpg', ins(app1(b'Exif\0\0' + exif(9))))
W_('e_com.jpg', ins(b'\xff\xfe\0\x08hello!' + app1(b'Exif\0\0' + exif(7)), n))
W_('e_gap.jpg', ins(b'\0\0' + app1(b'Exif\0\0' + exif(6)), n))
im.save('tmp/e.jpg', quality=90, subsampling=0)
sh('exiftool', '-q', '-n', '-Orientation=6', '-o', k('e_exiftool.jpg'), 'tmp/e.jpg')
sh('exiftool', '-q', '-n', '-XMP-tiff:Orientation=8', '-o', k('e_exiftoolxmp.jpg'), 'tmp/e.jpg')
for o in range(2, 9):
    im.save(k(f'e_{o}.png'), exif=exif(o))
    im.save(k(f'e_{o}.webp'), exif=exif(o), lossless=True)
    im.save(k(f'e_{o}.tif'), tiffinfo={274: o})
rgba.save(k('e_alpha6.webp'), exif=b'Exif\0\0' + exif(6))
sh('exiftool', '-q', '-n', '-Orientation=6', '-o', k('e_exiftool.png'), 'tmp/plain.png')
im.save('tmp/e.webp', lossless=True)
sh('/usr/bin/convert', k('e_6.jpg'), k('e_magick6.png'))
sh('/usr/bin/convert', k('e_6.jpg'), '-quality', 100, '-define', 'webp:lossless=true', k('e_magick6.webp'))
sh('/usr/bin/convert', k('e_6.jpg'), k('e_magick6.tif'))
sh('exiftool', '-q', '-n', '-XMP-tiff:Orientation=6', '-o', k('e_exiftoolxmp.png'), 'tmp/plain.png')
im.save(k('e_anim.webp'), save_all=True, append_images=[red], exif=exif(6), lossless=True)
# TIFF
for comp in (None, 'tiff_lzw', 'tiff_adobe_deflate', 'packbits', 'jpeg', 'group4', 'group3'):
    src = one if comp and comp.startswith('group') else im
    src.save(k(f't_{comp}.tif'), compression=comp)
rgba.save(k('t_rgba.tif'), compression='tiff_lzw')
g.save(k('t_g.tif'))
la.save(k('t_la.tif'))
pal.save(k('t_p.tif'))
pal8.save(k('t_p8.tif'), compression='packbits')
one.save(k('t_1.tif'))
c.save(k('t_cmyk.tif'))
c.save(k('t_cmykjpeg.tif'), compression='jpeg', quality=95)
im.save(k('t_jpegq.tif'), compression='jpeg', quality=95)
g.save(k('t_gjpeg.tif'), compression='jpeg', quality=95)
A3 = np.asarray(im)
A4 = np.asarray(rgba)
tw = tifffile.imwrite
tw(k('t_tiled.tif'), A3, tile=(16, 16), photometric='rgb')
tw(k('t_tiledlzw.tif'), A3, tile=(16, 32), compression='lzw', predictor=True, photometric='rgb')
tw(k('t_tiledjpeg.tif'), A3, tile=(16, 16), compression='jpeg', photometric='ycbcr')
tw(k('t_planar.tif'), np.moveaxis(A3, -1, 0), planarconfig='separate', photometric='rgb')
tw(
    k('t_planartile.tif'),
    np.moveaxis(A3, -1, 0),
    planarconfig='separate',
    photometric='rgb',
    tile=(16, 16),
    compression='deflate',
    predictor=True,
)
tw(k('t_be.tif'), A3, byteorder='>', photometric='rgb')
tw(k('t_big.tif'), A3, bigtiff=True, photometric='rgb')
tw(k('t_bigbe.tif'), A3, bigtiff=True, byteorder='>', photometric='rgb', compression='deflate')
r16 = np.stack([R << 8 | G, G << 8 | B, B << 8 | R], -1).astype(np.uint16)
tw(k('t_16.tif'), r16, photometric='rgb')
tw(k('t_16be.tif'), r16, photometric='rgb', byteorder='>', compression='lzw', predictor=True)
tw(k('t_g16.tif'), r16[..., 0], photometric='minisblack')
tw(k('t_g16be.tif'), r16[..., 0], photometric='minisblack', byteorder='>')
tw(k('t_white.tif'), 255 - np.asarray(g), photometric='miniswhite')
tw(k('t_float.tif'), np.asarray(g).astype(np.float32))
tw(k('t_i16.tif'), np.asarray(g).astype(np.int16))
tw(k('t_u32.tif'), np.asarray(g).astype(np.uint32))
tw(k('t_assoc.tif'), A4, photometric='rgb', extrasamples=['assocalpha'])
tw(k('t_unass.tif'), A4, photometric='rgb', extrasamples=['unassalpha'])
tw(k('t_unspec.tif'), A4, photometric='rgb', extrasamples=['unspecified'])
tw(k('t_multi.tif'), np.stack([A3, A3[::-1]]), photometric='rgb')
tw(k('t_rps.tif'), A3, rowsperstrip=7, photometric='rgb', compression='packbits')
tw(k('t_zstd.tif'), A3, photometric='rgb', compression='zstd')
tw(k('t_webp.tif'), A3, photometric='rgb', compression='webp')
tw(k('t_lzma.tif'), A3, photometric='rgb', compression='lzma')
tw(k('t_jp2.tif'), A3, photometric='rgb', compression='jpeg2000')
tw(
    k('t_rgba16.tif'),
    np.stack([R << 8 | G, G << 8 | B, B << 8 | R, A << 8 | A], -1).astype(np.uint16),
    photometric='rgb',
    extrasamples=['unassalpha'],
)
sh('/usr/bin/convert', 'tmp/plain.png', '-compress', 'none', k('t_magick.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-compress', 'zip', '-depth', '16', k('t_magick16.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-colorspace', 'CMYK', k('t_magickcmyk.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-colorspace', 'Lab', k('t_lab.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-interlace', 'plane', k('t_magickplane.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-monochrome', '-compress', 'fax', k('t_magickfax.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-monochrome', '-compress', 'group4', k('t_magickg4.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-colors', 12, '-type', 'palette', '-depth', '4', k('t_magickpal.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-colorspace', 'YCbCr', '-compress', 'none', k('t_ycc.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-depth', '4', '-colorspace', 'Gray', k('t_g4.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-endian', 'MSB', k('t_msb.tif'))
sh('/usr/bin/convert', 'tmp/alpha.png', k('t_magickalpha.tif'))
sh('/usr/bin/convert', 'tmp/plain.png', '-compress', 'jpeg', k('t_magickjpeg.tif'))
sh('tiffcp', '-c', 'g3:1d:fill', k('t_1.tif'), k('t_g3fill.tif'))
sh('tiffcp', '-c', 'g3:2d', k('t_1.tif'), k('t_g32d.tif'))
sh('tiffcp', '-c', 'lzw:2', '-f', 'lsb2msb', k('t_g.tif'), k('t_lsb.tif'))
sh('tiffcp', '-f', 'lsb2msb', '-c', 'none', k('t_1.tif'), k('t_1lsb.tif'))
sh('tiffcp', '-p', 'separate', '-c', 'lzw:2', '-s', '-r', '5', k('t_None.tif'), k('t_cpsep.tif'))
sh('tiffcp', '-c', 'jpeg:r:90', '-t', '-w', '16', '-l', '16', k('t_None.tif'), k('t_cpjpegrgb.tif'))
sh(
    'ffmpeg',
    '-y',
    '-loglevel',
    'error',
    '-i',
    'tmp/plain.png',
    '-pix_fmt',
    'yuv420p',
    '-compression_algo',
    'raw',
    k('t_ffmpegyuv.tif'),
)
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-compression_algo', 'lzw', k('t_ffmpeglzw.tif'))
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-pix_fmt', 'pal8', k('t_ffmpegpal.tif'))
# HEIC, AVIF
for ch in (420, 422, 444):
    im.save(k(f'h_{ch}.heic'), quality=92, chroma=ch)
    im.save(k(f'a_{ch}.avif'), quality=92, subsampling=f'{ch//100}:{ch//10%10}:{ch%10}')
rgba.save(k('h_alpha.heic'), quality=92)
rgba.save(k('a_alpha.avif'), quality=92)
g.save(k('h_g.heic'), quality=92)
g.save(k('a_g.avif'))
for o in range(2, 9):
    im.save(k(f'a_e{o}.avif'), exif=exif(o), quality=92)
    im.save(k(f'h_e{o}.heic'), exif=exif(o), quality=92)
hf = pillow_heif.from_bytes('RGB;16', (W, H), (np.asarray(im).astype(np.uint16) << 8).tobytes())
pillow_heif.options.SAVE_HDR_TO_12_BIT = False
hf.save(k('h_10.heic'), quality=92)
pillow_heif.options.SAVE_HDR_TO_12_BIT = True
hf.save(k('h_12.heic'), quality=92)
ha = pillow_heif.from_bytes('RGBA;16', (W, H), (np.asarray(rgba).astype(np.uint16) << 8).tobytes())
pillow_heif.options.SAVE_HDR_TO_12_BIT = False
ha.save(k('h_alpha10.heic'), quality=92)
sh('heif-enc', '-q', 90, 'tmp/plain.png', '-o', k('h_enc.heic'))
sh('heif-enc', '-q', 90, '-L', 'tmp/plain.png', '-o', k('h_encll.heic'))
sh('heif-enc', '-q', 90, '-A', 'tmp/plain.png', '-o', k('a_heifenc.avif'))
sh('heif-enc', '-q', 90, 'tmp/alpha.png', '-o', k('h_encalpha.heic'))
sh('heif-enc', '-q', 90, '--premultiplied-alpha', 'tmp/alpha.png', '-o', k('h_encprem.heic'))
for dpt in (8, 10, 12):
    sh('avifenc', '--min', 5, '--max', 15, '-d', dpt, '-s', 8, 'tmp/plain.png', k(f'a_d{dpt}.avif'))
sh('avifenc', '--min', 5, '--max', 15, '-s', 8, 'tmp/alpha.png', k('a_encalpha.avif'))
sh('avifenc', '--min', 5, '--max', 15, '-p', '-s', 8, 'tmp/alpha.png', k('a_encprem.avif'))
sh('avifenc', '--lossless', '-s', 8, 'tmp/plain.png', k('a_lossless.avif'))
sh('avifenc', '--min', 5, '--max', 15, '-r', 'limited', '-y', '420', '-s', 8, 'tmp/plain.png', k('a_limited.avif'))
sh('avifenc', '--min', 5, '--max', 15, '-y', '400', '-s', 8, 'tmp/plain.png', k('a_400.avif'))
sh('avifenc', '--min', 5, '--max', 15, '--cicp', '9/16/9', '-s', 8, 'tmp/plain.png', k('a_2020.avif'))
sh('avifenc', '--min', 5, '--max', 15, '--cicp', '1/13/1', '-r', 'limited', '-s', 8, 'tmp/plain.png', k('a_709.avif'))
for r in (1, 2, 3):
    sh('avifenc', '--min', 5, '--max', 15, '--irot', r, '-s', 8, 'tmp/plain.png', k(f'a_rot{r}.avif'))
for r in (0, 1):
    sh('avifenc', '--min', 5, '--max', 15, '--imir', r, '-s', 8, 'tmp/plain.png', k(f'a_mir{r}.avif'))
sh('avifenc', '--min', 5, '--max', 15, '--irot', 1, '--imir', 1, '-s', 8, 'tmp/plain.png', k('a_rotmir.avif'))
for i in range(4):
    im.resize((128, 128)).crop((i % 2 * 64, i // 2 * 64, i % 2 * 64 + 64, i // 2 * 64 + 64)).save(f'tmp/tile{i}.png')
sh(
    'avifenc',
    '--min',
    5,
    '--max',
    15,
    '-s',
    8,
    '--grid',
    '2x2',
    *[f'tmp/tile{i}.png' for i in range(4)],
    k('a_grid.avif'),
)
im.save(k('a_anim.avif'), save_all=True, append_images=[red], quality=90)
red.save('tmp/f1.png')
sh(
    'ffmpeg',
    '-y',
    '-loglevel',
    'error',
    '-i',
    'tmp/plain.png',
    '-c:v',
    'libaom-av1',
    '-still-picture',
    '1',
    '-crf',
    10,
    k('a_ffmpeg.avif'),
)
sh(
    'ffmpeg',
    '-y',
    '-loglevel',
    'error',
    '-loop',
    '1',
    '-t',
    '0.1',
    '-i',
    'tmp/plain.png',
    '-c:v',
    'libaom-av1',
    '-crf',
    10,
    k('a_ffmpeganim.avif'),
)
sh(
    'ffmpeg',
    '-y',
    '-loglevel',
    'error',
    '-i',
    'tmp/plain.png',
    '-vf',
    'scale=26:20',
    '-pix_fmt',
    'yuv420p10le',
    '-c:v',
    'libaom-av1',
    '-still-picture',
    '1',
    '-crf',
    10,
    k('a_ffmpeg10.avif'),
)
# others
im.save(k('x.jp2'))
open(k('x.jxl'), 'wb').write(imagecodecs.jpegxl_encode(A3))
im.save(k('x.pdf'))
im.save(k('x.ico'))
im.save(k('x.tga'))
im.save(k('x.ppm'))
im.save(k('x.pcx'))
im.save(k('x.sgi'))
im.save(k('x.dds'))
im.save(k('x.eps'))
sh('/usr/bin/convert', 'tmp/plain.png', k('x.psd'))
sh('/usr/bin/convert', 'tmp/plain.png', k('x.j2k'))
open(k('x.svg'), 'w').write('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
open(k('x.qoi'), 'wb').write(imagecodecs.qoi_encode(A3))
sh('/usr/bin/convert', 'tmp/plain.png', k('x.exr'))
sh('/usr/bin/convert', 'tmp/plain.png', k('x.hdr'))
open(k('x.xcf'), 'wb').write(b'gimp xcf v011\0' + bytes(40))
sh('/usr/bin/convert', 'tmp/plain.png', k('x.xpm'))
sh('/usr/bin/convert', 'tmp/plain.png', k('x.tgarle.tga'))
open(k('x.jxr'), 'wb').write(imagecodecs.jpegxr_encode(A3))
sh('/usr/bin/convert', 'tmp/plain.png', k('x.pam'))
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-pix_fmt', 'yuv420p', '-vf', 'scale=36:28', k('x.mp4'))
sh('ffmpeg', '-y', '-loglevel', 'error', '-i', 'tmp/plain.png', '-vf', 'scale=36:28', k('x.webm'))
open(k('x.html'), 'w').write('<!DOCTYPE html><html><body>404</body></html>')
open(k('x.lfs'), 'w').write('version https://git-lfs.github.com/spec/v1\noid sha256:00\n')
tw(k('x.dng'), A3, photometric='rgb', extratags=[(50706, 1, 4, bytes([1, 4, 0, 0]), True)])

# Even sides, 4:2:2, cuts and turns of phones; a grid as theirs, with an odd size.
ev = im.crop((0, 0, 26, 20))
for o in (1, 3, 6, 8):
    e = Image.Exif()
    e[0x112] = o
    ev.save(k(f'h_even{o}.heic'), quality=92, exif=e.tobytes())
    im.save(k(f'h_422e{o}.heic'), quality=92, chroma=422, exif=e.tobytes())
ts = im.resize((160, 120))
ts.save('tmp/ts.png')


def grid(name, cols, rows, w, h, tile, turn=b'', props=b''):
    """A HEIC of tiles, each encoded by libheif, its boxes written by hand, as a phone's."""

    def box(t, b):
        return struct.pack('>I', 8 + len(b)) + t + b

    def full(t, v, f, b):
        return box(t, struct.pack('>I', v << 24 | f) + b)

    tiles = []
    src = im.resize((cols * tile, rows * tile))
    for i in range(rows * cols):
        f = io.BytesIO()
        src.crop((i % cols * tile, i // cols * tile, i % cols * tile + tile, i // cols * tile + tile)).save(
            f, 'HEIF', quality=92
        )
        f = f.getvalue()
        hv = f.index(b'hvcC') - 4
        n = struct.unpack('>I', f[hv : hv + 4])[0]
        hvcc = f[hv : hv + n]
        md = f.index(b'mdat') - 4
        n = struct.unpack('>I', f[md : md + 4])[0]
        tiles.append((hvcc, f[md + 8 : md + n] if n else f[md + 8 :]))
    g = struct.pack('>BBBBHH', 0, 0, rows - 1, cols - 1, w, h)
    N = len(tiles)
    ipco = (
        tiles[0][0]
        + full(b'ispe', 0, 0, struct.pack('>II', tile, tile))
        + full(b'ispe', 0, 0, struct.pack('>II', w, h))
        + box(b'colr', b'nclx' + struct.pack('>HHHB', 1, 13, 6, 128))
        + turn
    )
    ipma = (
        struct.pack('>I', N + 1)
        + b''.join(struct.pack('>HB', i + 1, 3) + bytes([0x81, 2, 4]) for i in range(N))
        + struct.pack('>HB', N + 1, 2 + (turn != b''))
        + bytes([3, 4] + ([0x85] if turn else []))
    )
    infe = b''.join(full(b'infe', 2, 1, struct.pack('>HH', i + 1, 0) + b'hvc1\0') for i in range(N)) + full(
        b'infe', 2, 0, struct.pack('>HH', N + 1, 0) + b'grid\0'
    )

    def meta(base):
        at = base
        loc = b''
        for i, (_, d) in enumerate(tiles):
            loc += struct.pack('>HHHHII', i + 1, 0, 0, 1, at, len(d))
            at += len(d)
        loc += struct.pack('>HHHHII', N + 1, 1, 0, 1, 0, len(g))
        return full(
            b'meta',
            0,
            0,
            full(b'hdlr', 0, 0, b'\0\0\0\0pict' + b'\0' * 13)
            + full(b'pitm', 0, 0, struct.pack('>H', N + 1))
            + full(b'iinf', 0, 0, struct.pack('>H', N + 1) + infe)
            + full(b'iloc', 1, 0, b'\x44\0' + struct.pack('>H', N + 1) + loc)
            + full(
                b'iref',
                0,
                0,
                box(b'dimg', struct.pack('>HH', N + 1, N) + b''.join(struct.pack('>H', i + 1) for i in range(N))),
            )
            + box(b'iprp', box(b'ipco', ipco) + full(b'ipma', 0, 0, ipma))
            + box(b'idat', g),
        )

    ft = box(b'ftyp', b'heic\0\0\0\0mif1heic')
    n = len(ft) + len(meta(0)) + 8
    open(k(name), 'wb').write(ft + meta(n) + box(b'mdat', b''.join(d for _, d in tiles)))


def irot(n):
    return struct.pack('>I', 9) + b'irot' + bytes([n])


grid('h_grid.heic', 2, 2, 124, 112, 64)
grid('h_gridrot.heic', 2, 2, 128, 100, 64, irot(3))
grid('h_gridrot1.heic', 3, 1, 180, 64, 64, irot(1))

# All is compared but plain JPEGs with subsampled colour: those come from a decoder that interpolates by other weights
# (docs/architecture.md).
other = {
    'j_420.jpg',
    'j_422.jpg',
    'j_low.jpg',
    'j_mpo.mpo',
    'j_opt.jpg',
    'j_prog420.jpg',
    'j_progscans.jpg',
    'j_s1x2.jpg',
    'j_s2x1.jpg',
    'j_s2x2.jpg',
    'j_ffmpeg.jpg',
}
# Pillow cannot read some that are read here; they are compared with what they were made from.
refused = {
    'j_arith.jpg': 'an arithmetic-coded JPEG',
    'j_arithprog.jpg': 'an arithmetic-coded JPEG',
    'j_lossless.jpg': 'a lossless JPEG',
    'j_lossless8.jpg': 'a lossless JPEG',
    'j_ls.jls': 'a JPEG-LS image',
    't_float.tif': 'floating-point samples',
    't_i16.tif': 'samples with a sign',
    't_u32.tif': '32 bits a sample',
    't_lab.tif': 'L*a*b*',
    't_lzma.tif': 'LZMA',
    't_zstd.tif': 'Zstandard',
    't_webp.tif': 'WebP',
    't_jp2.tif': 'JPEG 2000',
    't_g32d.tif': 'fax',
    't_g3fill.tif': 'fax',
    't_magickfax.tif': 'fax',
    'x.jp2': 'a JPEG 2000 image',
    'x.j2k': 'a JPEG 2000 image',
    'x.jxl': 'a JPEG XL image',
    'x.jxr': 'a JPEG XR image',
    'x.pdf': 'a PDF document',
    'x.ico': 'a Windows icon',
    'x.tga': 'a Targa image',
    'x.tgarle.tga': 'a Targa image',
    'x.ppm': 'a PPM image',
    'x.pam': 'a PAM image',
    'x.pcx': 'a PCX image',
    'x.sgi': 'an SGI image',
    'x.dds': 'a DirectDraw surface',
    'x.eps': 'a PostScript document',
    'x.psd': 'a Photoshop document',
    'x.svg': 'an SVG drawing',
    'x.qoi': 'a QOI image',
    'x.exr': 'an OpenEXR image',
    'x.hdr': 'a Radiance HDR image',
    'x.xcf': 'a GIMP image',
    'x.xpm': 'an XPM image',
    'x.dng': 'raw photo (DNG)',
    'x.mp4': 'a video (MP4',
    'x.webm': 'a video (Matroska',
    'x.html': 'a web page',
    'x.lfs': 'pointer of Git LFS',
}
jumped = np.zeros((H, W), np.uint8)
jumped[H - 1, :5] = 3
jumped[H - 3, 9:12] = 1
jumped[H - 4, :10] = 2
jumped = Image.fromarray(jumped, 'P')
jumped.putpalette(pal.getpalette())
twelve = Image.fromarray((imagecodecs.jpeg8_decode(open(k('j_12.jpg'), 'rb').read()) >> 4).astype(np.uint8))
own = {'b_p2.bmp': pal2, 't_bigbe.tif': im, 't_ffmpegyuv.tif': None, 'j_12.jpg': twelve, 'b_rle8_delta.bmp': jumped}


def pixels(f):
    i = Image.open('k/' + f) if f not in own else own[f]
    i = ImageOps.exif_transpose(i)
    if i.mode.startswith('I;16'):
        i = Image.fromarray((np.asarray(i).astype(np.uint16) >> 8).astype(np.uint8))
    if f.endswith('_alpha0.bmp'):
        return i.convert('RGB')
    if i.mode in ('RGBA', 'LA', 'PA', 'RGBa', 'La') or 'transparency' in i.info:
        r = i.convert('RGBA')
        i = Image.new('RGBA', r.size, (255, 255, 255, 255))
        i.alpha_composite(r)
    return i.convert('RGB')


index = []
with zipfile.ZipFile('kinds.zip', 'w', zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    kept = {}

    def add(n, b):
        z.writestr(zipfile.ZipInfo(n, (2026, 1, 1, 0, 0, 0)), b, zipfile.ZIP_DEFLATED, 9)

    for f in sorted(os.listdir('k')):
        if f in other or own.get(f, 1) is None:
            continue
        add(f, open('k/' + f, 'rb').read())
        if f in refused:
            index.append(f'{f}\t!{refused[f]}')
            continue
        p = pixels(f)
        b = p.tobytes()
        n = hashlib.sha256(b).hexdigest()[:8] + '.rgb'
        if n not in kept:
            kept[n] = 1
            add(n, b)
        index.append(f'{f}\t{p.width} {p.height} {n}')
    add('index.txt', '\n'.join(index) + '\n')
print(len(index), os.path.getsize('kinds.zip'))
