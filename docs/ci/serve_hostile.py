"""Sends hostile requests to a running `pvs serve` and says what it should not have answered.

    python docs/ci/serve_hostile.py URL [--requests 10000] [--forbid PATH ...]

Bombs (pictures that claim, or unpack to, far more pixels than their bytes), cut and flipped photos, forms and heads
that are none, paths that lead out, names of other sites, endless and slow bodies, idle connections. Each must be
answered by a status of 4xx - or by 200 where nothing is wrong with it - within two seconds, and no answer may hold a
path of the machine (--forbid names further texts). While it goes on, an ordinary client must be answered, too.
"""

import argparse
import collections
import http.client
import os
import random
import socket
import struct
import sys
import threading
import time
import urllib.parse
import zlib

MOST = 2.0  # seconds an answer may take
random.seed(1)


def png(width, height, rows=None, depth=8, kind=2):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    row = b"\0" * (1 + width * {0: 1, 2: 3, 6: 4}[kind] * depth // 8)
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(row) for _ in range(height if rows is None else rows)) + packer.flush()
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0))
        + chunk(b"IDAT", data)
        + chunk(b"IEND", b"")
    )


def jpeg_head(width, height, progressive=True):
    """A grey JPEG up to its first scan."""
    sof = b"\xff\xc2" if progressive else b"\xff\xc0"
    return (
        b"\xff\xd8"
        + b"\xff\xdb\x00\x43\x00"
        + b"\x01" * 64
        + sof
        + struct.pack(">HBHHB", 11, 8, height, width, 1)
        + b"\x01\x11\x00"
        + b"\xff\xc4\x00\x14\x00"
        + b"\x01"
        + b"\x00" * 15
        + b"\x00"
        + b"\xff\xc4\x00\x14\x10"
        + b"\x01"
        + b"\x00" * 15
        + b"\x00"
    )


def many_scans(width, height, scans):
    """A progressive JPEG that goes over all of its blocks again and again."""
    zeros = b"\x00" * (width * height // 64 // 8 + 8) if scans < 100 else b"\x00" * 8
    first = b"\xff\xda\x00\x08\x01\x01\x00\x00\x00\x00" + zeros
    return (
        jpeg_head(width, height) + first + (b"\xff\xda\x00\x08\x01\x01\x00\x01\x3f\x00" + zeros) * scans + b"\xff\xd9"
    )


def gif(width, height, frames=1):
    head = b"GIF89a" + struct.pack("<HH", width, height) + b"\x80\x00\x00" + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, width, height) + b"\x00" + b"\x02\x02\x4c\x01\x00"
    return head + frame * frames + b"\x3b"


def bmp(width, height):
    return (
        b"BM"
        + struct.pack("<IHHI", 60, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    )


def tiff(width, height):
    tags = [(256, width), (257, height), (258, 8), (259, 5), (262, 1), (273, 8), (278, height), (279, 100)]
    out = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", len(tags))
    return out + b"".join(struct.pack("<HHII", t, 4, 1, v) for t, v in tags) + b"\0" * 100


def webp(width, height):
    body = b"VP8L" + struct.pack("<I", 10) + b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + b"\0" * 5
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def heif(width, height):
    def box(name, data):
        return struct.pack(">I", 8 + len(data)) + name + data

    ispe = box(b"ispe", struct.pack(">III", 0, width, height))
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"meta", b"\0\0\0\0" + box(b"iprp", box(b"ipco", ispe)))


def bombs():
    return {
        "png 60000 x 60000": png(60000, 60000, rows=10),
        "png 7100 x 7100, all rows": png(7100, 7100),
        "png 12000 x 12000": png(12000, 12000, rows=100),
        "png without rows": png(7000, 7000, rows=0),
        "png 0 x 0": png(0, 0, rows=0),
        "png long": png(2**31 - 1, 1, rows=0),
        "jpeg 65535 x 65535": many_scans(65535, 65535, 1),
        "jpeg 7000 x 7000, 1,000 scans": many_scans(7000, 7000, 1000),
        "jpeg 7000 x 7000, 95 scans": many_scans(7000, 7000, 95),
        "jpeg 7000 x 7000, 100,000 scans": many_scans(7000, 7000, 100000),
        "jpeg 1000 x 1000, 100,000 scans": many_scans(1000, 1000, 100000),
        "gif 65535 x 65535": gif(65535, 65535),
        "gif 5000 x 5000, 100,000 frames": gif(5000, 5000, 100000),
        "bmp 2^31": bmp(2**31 - 1, 2**31 - 1),
        "bmp 7000 x 7000": bmp(7000, 7000),
        "bmp -1": bmp(-1, -1),
        "tiff 60000 x 60000": tiff(60000, 60000),
        "tiff 7000 x 7000": tiff(7000, 7000),
        "webp 16384 x 16384": webp(16384, 16384),
        "webp 7000 x 7000": webp(7000, 7000),
        "heif 60000 x 60000": heif(60000, 60000),
        "heif 7000 x 7000": heif(7000, 7000),
        "zip": b"PK\3\4" + b"\0" * 1000,
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>",
        "html": b"<html><script>alert(1)</script>",
        "postscript": b"%!PS\n(/etc/passwd) run",
        "nothing": b"",
        "mvg": b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/x'\npop graphic-context",
        "zeros": b"\0" * 1000000,
    }


# Pictures of few bytes that are as large as may be, and right: they cost the most that a photo may.
LARGEST = {"png 7000 x 7000": png(7000, 7000), "png 5000 x 5000, 16 bits": png(5000, 5000, depth=16, kind=6)}


def photo():
    """A small photo that is right."""
    return png(64, 48)


def form(parts, boundary="xxHOSTILExx"):
    body = b""
    for name, value in parts:
        file = '; filename="../../etc/x.jpg"' if isinstance(value, bytes) else ""
        data = value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + data + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": "multipart/form-data; boundary=" + boundary}


class Judge:
    def __init__(self, forbid):
        self.lock = threading.Lock()
        self.statuses = collections.Counter()
        self.slowest = (0.0, "")
        self.wrong = []
        self.forbid = [f.encode() for f in forbid]

    def of(self, name, status, took, body, allowed=range(400, 500), most=MOST):
        with self.lock:
            self.statuses[status] += 1
            self.slowest = max(self.slowest, (took, name))
            if status not in allowed:
                self.wrong.append(f"{name}: status {status}: {body[:200]!r}")
            if took > most:
                self.wrong.append(f"{name}: {took:.2f} s")
            leak = [f for f in self.forbid if f in body]
            if leak or b"goroutine " in body:
                self.wrong.append(f"{name}: {leak or 'a stack'} in {body[:300]!r}")


def ask(o, judge, name, method, path, body=None, headers=None, allowed=range(400, 500)):
    begun = time.time()
    try:
        c = http.client.HTTPConnection(o.host, o.port, timeout=20)
        c.request(method, path, body, headers or {})
        r = c.getresponse()
        status, text = r.status, r.read()
        c.close()
    except (ConnectionError, http.client.HTTPException) as e:
        if isinstance(e, (BrokenPipeError, ConnectionResetError)) and body and len(body) > 1 << 20:
            status, text = 413, b""  # the server hung up on a body that it did not want
        else:
            status, text = 0, repr(e).encode()
    judge.of(name, status, time.time() - begun, text, allowed)


def raw(o, judge, name, data, allowed=range(400, 500)):
    """Sends bytes that no library would; a connection that is closed without an answer is an answer, too."""
    begun = time.time()
    try:
        with socket.create_connection((o.host, o.port), timeout=20) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            answer = b""
            while more := s.recv(65536):
                answer += more
    except ConnectionError:
        answer = b""
    status = int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/") else 400
    judge.of(name, status, time.time() - begun, answer, [*allowed, 505])  # 505: another version of HTTP


def spoiled(data):
    data = bytearray(data)
    for _ in range(random.randint(1, 8)):
        kind = random.random()
        at = random.randrange(len(data))
        if kind < 0.6:
            data[at] = random.randrange(256)
        elif kind < 0.8:
            del data[at:]
            break
        else:
            data[at:at] = os.urandom(random.randint(1, 30))
    return bytes(data) or b"x"


TEXTS = [
    "",
    "0",
    "-1",
    "1e9",
    "NaN",
    "\x00",
    "../../../etc/passwd",
    "..\\..\\x",
    "%2e%2e%2f",
    "' OR 1=1 --",
    '" UNION SELECT path',
    "<script>alert(1)</script>",
    "{{.Info}}",
    "${jndi:ldap://127.0.0.1/x}",
    "A" * 400,
    "A" * 5000,
    "ä" * 300,
    "\ud800",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "1,1,1,1",
    "0,0,1e-320,1",
    "0.1,0.1,0.0001,0.0001",
    "; rm -rf /",
    "\r\nX-Injected: 1",
    "nul",
    "\u202e",
    "%00",
    "/proc/self/environ",
]
FIELDS = [
    "photo",
    "id",
    "k",
    "category",
    "filter",
    "crop",
    "min_score",
    "positive",
    "negative",
    "explain",
    "exact",
    "title",
    "product",
    "field",
    "path",
    "q",
    "more",
    "less",
    "f",
]


def one(o, judge, i):
    """The i-th of the random requests."""
    kind = i % 8
    text = lambda: random.choice(TEXTS)  # noqa: E731
    fine = list(range(400, 500)) + [200, 201, 204, 303]
    if kind == 0:
        body, headers = form([("photo", spoiled(o.photo))])
        ask(o, judge, "a spoiled photo", "POST", "/v1/search", body, headers, fine)
    elif kind == 1:
        parts = [("photo", photo())] + [(random.choice(FIELDS), text()) for _ in range(random.randint(1, 6))]
        body, headers = form(parts)
        ask(
            o,
            judge,
            f"fields {parts[1:]}",
            "POST",
            random.choice(["/v1/search", "/v1/search/batch", "/search"]),
            body,
            headers,
            fine,
        )
    elif kind == 2:
        body, headers = form([("photo", photo()), ("k", "3")])
        ask(o, judge, "a spoiled form", "POST", "/v1/search", spoiled(body), headers, fine)
    elif kind == 3:
        q = urllib.parse.urlencode({random.choice(FIELDS): text() for _ in range(3)}, errors="surrogatepass")
        path = random.choice(
            ["/", "/image", "/product", "/preview", "/v1/photos/x", "/v1/products/x/similar", "/assets/style.css"]
        )
        ask(o, judge, path + "?" + q, "GET", path + "?" + q, allowed=fine + [304])
    elif kind == 4:
        name = urllib.parse.quote(text(), safe="", errors="surrogatepass")
        path = random.choice(["/v1/photos/", "/v1/products/", "/assets/", "/"]) + name
        method = random.choice(["GET", "DELETE", "PUT", "PATCH", "POST", "HEAD", "OPTIONS", "TRACE"])
        ask(o, judge, method + " " + path, method, path, allowed=fine + [301, 307])
    elif kind == 5:
        host = random.choice(["evil.example", "127.0.0.1.evil.example", "", "localhost@evil.example", "a" * 300])
        ask(o, judge, "Host: " + host, "GET", "/v1/index", headers={"Host": host})
    elif kind == 6:
        body, headers = form([("id", "x")])
        headers["Origin"] = random.choice(["https://evil.example", "null", "http://127.0.0.1:1"])
        ask(o, judge, "another site", "POST", "/v1/search", body, headers)
    else:
        raw(
            o,
            judge,
            "raw bytes",
            random.choice(
                [
                    os.urandom(200),
                    b"GET / HTTP/9.9\r\n\r\n",
                    b"\r\n" * 50,
                    b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
                    b"GET /../../etc/passwd HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
                    b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
                    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                    b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100000 + b"\r\n\r\n",
                    b"GET /" + b"a" * 70000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
                    b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
                    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                ]
            ),
        )


def slow(o, stop):
    """Connections that send a byte now and then, and some that send nothing."""
    held = []
    head = (
        b"POST /v1/search HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        b"Content-Length: 9999999\r\n\r\n"
    )
    for i in range(200):
        try:
            s = socket.create_connection((o.host, o.port), timeout=5)
            s.sendall(head if i % 2 else head[:20])
            held.append(s)
        except OSError:
            pass
    while not stop.wait(0.5):
        for s in held:
            try:
                s.sendall(b"-")
            except OSError:
                pass
    for s in held:
        s.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("--requests", type=int, default=10000)
    parser.add_argument("--photo", help="a photo to spoil")
    parser.add_argument("--forbid", nargs="*", default=[])
    o = parser.parse_args()
    at = urllib.parse.urlsplit(o.url)
    o.host, o.port = at.hostname, at.port
    o.photo = open(o.photo, "rb").read() if o.photo else photo()
    made = bombs()
    judge, normal = Judge(o.forbid + ["/root", "/home/", "/tmp/", ".go:"]), Judge([])
    stop = threading.Event()
    threading.Thread(target=slow, args=(o, stop), daemon=True).start()

    def ordinary():
        body, headers = form([("photo", o.photo), ("k", "1")])
        while not stop.is_set():
            ask(o, normal, "an ordinary client", "POST", "/v1/search", body, headers, [200])
            time.sleep(0.2)

    threading.Thread(target=ordinary, daemon=True).start()

    begun = time.time()
    for name, data in made.items():
        body, headers = form([("photo", data)])
        before = time.time()
        ask(o, judge, name, "POST", "/v1/search", body, headers)
        print(f"  {name}, {len(data):,} bytes: {time.time() - before:.2f} s", flush=True)
    for name, data in LARGEST.items():
        body, headers = form([("photo", data)])
        ask(o, judge, name, "POST", "/v1/search", body, headers, [200])
    body, headers = form([("photo", os.urandom(30 << 20))])
    ask(o, judge, "30 MiB", "POST", "/v1/search", body, headers)
    todo = list(range(o.requests - len(made) - len(LARGEST) - 1))

    def work():
        while todo:
            try:
                i = todo.pop()
            except IndexError:
                return
            one(o, judge, i)

    workers = [threading.Thread(target=work) for _ in range(8)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    stop.set()
    time.sleep(0.6)
    print(
        f"{sum(judge.statuses.values())} hostile requests in {time.time() - begun:.0f} s: "
        f"{dict(sorted(judge.statuses.items()))}; "
        f"slowest {judge.slowest[0]:.2f} s ({judge.slowest[1][:60]})"
    )
    print(f"an ordinary client meanwhile: {dict(normal.statuses)}, slowest {normal.slowest[0]:.2f} s")
    for w in (judge.wrong + normal.wrong)[:30]:
        print("WRONG", w)
    sys.exit(1 if judge.wrong or normal.wrong else 0)


main()
