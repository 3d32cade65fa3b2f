"""Opens pages of `pvs explain` and `pvs replay` in headless Chromium, in turn, and says how long that takes.

    python docs/ci/opening.py PAGE.html... [--times 5] [--shots DIR]

For each page it prints the milliseconds until its first queries are drawn, with their photos, and the processor time of
all of Chromium's processes until then: the least and the median. It needs the packages playwright and psutil and a
Chromium (Debian's: apt-get install chromium).
"""

import argparse
import os
import shutil
import statistics

import psutil
from playwright.sync_api import sync_playwright

# A page of explain shows 20 queries at first, one of replay ten results. They are drawn two frames after they are there
# with the photos that are in view.
WATCH = """
const inView = m => {
  const box = m.getBoundingClientRect();
  return box.width && box.top < innerHeight && box.left < innerWidth;
};
const look = () => {
  const there = document.querySelectorAll("main article").length >= 20
    || document.querySelectorAll("#stripB figure").length >= 10;
  if (!there || ![...document.images].filter(inView).every(m => m.complete)) requestAnimationFrame(look);
  else requestAnimationFrame(() => requestAnimationFrame(() => { window.drawnAt = performance.now(); }));
};
requestAnimationFrame(look);
"""


def processor():
    """Seconds of all processes that this one started."""
    total = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            total += sum(child.cpu_times()[:2])
        except psutil.NoSuchProcess:
            pass
    return total


def opened(play, path, shot):
    """Opens a page in a browser of its own."""
    browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    faults = []
    page.on("pageerror", lambda e: faults.append(str(e)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    page.add_init_script(WATCH)
    page.goto("about:blank")
    before = processor()
    page.goto("file://" + os.path.abspath(path), wait_until="commit")
    page.wait_for_function("window.drawnAt > 0", timeout=120_000)
    spent, took = processor() - before, page.evaluate("window.drawnAt")
    if shot:
        page.screenshot(path=shot)
    browser.close()
    if faults:
        raise SystemExit(f"{path}: {faults}")
    return took, spent


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", nargs="+")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--shots")
    options = parser.parse_args()
    measured = {path: [] for path in options.pages}
    with sync_playwright() as play:
        for turn in range(options.times):
            for path in options.pages:
                shot = None
                if options.shots and turn == 0:
                    shot = os.path.join(options.shots, os.path.basename(path) + ".png")
                measured[path].append(opened(play, path, shot))
    for path, rows in measured.items():
        took, spent = zip(*rows)
        print(
            f"{os.path.basename(path)}, {os.path.getsize(path) / 1e6:.1f} MB: "
            f"drawn after {min(took):.0f} ms at best, {statistics.median(took):.0f} in the median, "
            f"with {min(spent):.2f} s of processor time, {statistics.median(spent):.2f}; load {os.getloadavg()[0]:.1f}"
        )


main()
