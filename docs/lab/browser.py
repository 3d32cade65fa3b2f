"""Opens a notebook of a running JupyterLab in headless Chromium, runs all cells as a
person would, waits for the pictures, and takes a screenshot.

    python docs/lab/browser.py URL notebooks/00-quick-tour.ipynb docs/lab/quick-tour.png [--show 'text=Summary']
    python docs/lab/browser.py URL docs/lab/widgets.ipynb widgets.png --widgets 3
    python docs/lab/browser.py URL notebooks/05-siamese.ipynb docs/lab/triplets.png --saved \\
        --show '.jp-CodeCell:has-text("lab.Slider")'

URL is the link that `pvs lab` prints. The notebook is saved with its outputs. It needs the package playwright and a
Chromium (Debian's: apt-get install chromium). It ends with status 1 if a cell fails, if no
picture appears, or if the notebook does not end within the time limit. With --widgets
it moves sliders, chooses from lists and uploads a photo while their cells run, and ends
with status 1 if a picture does not change by that or if there are fewer widgets. With
--saved no cell is run: the screenshot shows the outputs that the notebook was saved with.
"""

import argparse
import os
import shutil
import sys
import time
import urllib.parse

from playwright.sync_api import Error, sync_playwright

# JupyterLab keeps notebooks open from one visit to the next; one is in sight.
PANEL = ".jp-NotebookPanel:not(.lm-mod-hidden)"
CELL = PANEL + " .jp-CodeCell"
# Pictures that the cells made, seen by their size once the page has drawn them.
PICTURE = f"{PANEL} .jp-OutputArea-output img, {PANEL} .jp-OutputArea-output svg"
PICTURES = f"() => [...document.querySelectorAll('{PICTURE}')].filter(p => p.getBoundingClientRect().width > 50).length"
# What stands before the cells: [ ] not run, [*] running or waiting, [3] run.
PROMPTS = (f"() => [...document.querySelectorAll('{CELL}')]"
           ".filter(c => c.querySelector('.cm-content')?.innerText.trim())"
           ".map(c => c.querySelector('.jp-InputPrompt').innerText.trim())")

WIDGET = ", ".join(f"{CELL} .jp-OutputArea-output {w}" for w in ("input[type=range]", "select", "input[type=file]"))
WIDGETS = f"() => [...document.querySelectorAll('{WIDGET}')].map(w => w.id)"
# The pictures of the cell that an element belongs to, all in one.
SHOWN = "e => [...e.closest('.jp-CodeCell').querySelectorAll('.jp-OutputArea-output img')].map(p => p.src).join()"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("link")
    parser.add_argument("notebook", help="path from the server's root")
    parser.add_argument("picture", help="the screenshot's file")
    parser.add_argument("--show", default=PICTURE,
                        help="what to scroll to, as a selector of Playwright; the first picture if not given")
    parser.add_argument("--saved", action="store_true", help="run nothing: show what the notebook was saved with")
    parser.add_argument("--height", type=int, default=800, help="of the page, in pixels")
    parser.add_argument("--widgets", type=int, default=0, help="how many widgets to expect and to move")
    parser.add_argument("--photo", default=os.path.join(os.path.dirname(__file__), "quick-tour.png"),
        help="what to upload where a widget asks for a photo")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for all cells")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("google-chrome"))
    args = parser.parse_args()
    if not args.chromium:
        sys.exit("there is no Chromium on the PATH: install it (Debian: apt-get install chromium) or name one by "
                 "--chromium")
    parts = urllib.parse.urlsplit(args.link)
    page_url = f"{parts.scheme}://{parts.netloc}/lab/tree/{urllib.parse.quote(args.notebook)}?{parts.query}&reset"
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=args.chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"])
        page = browser.new_page(viewport={"width": 1200, "height": args.height})
        try:
            drive(page, page_url, args)
        except Error as e:
            if not page.is_closed():
                page.screenshot(path=args.picture)
            sys.exit("the page does not do what a person would expect "
                     f"({args.picture} shows it, if it is still there): {e}")


def menu(page, name, command):
    page.locator(".lm-MenuBar-itemLabel").get_by_text(name, exact=True).click()
    page.locator(f'.lm-Menu-item[data-command="{command}"]').click()


def saved(page, notebook):
    """Saves the notebook and returns the outputs of its code cells, as they are in the file:
    on the page an error looks like any text on stderr."""
    menu(page, "File", "docmanager:save")
    page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab.lm-mod-current:not(.jp-mod-dirty)").first.wait_for(timeout=60_000)
    cells = page.evaluate("async path => (await (await fetch('/api/contents/' + path)).json()).content.cells",
        urllib.parse.quote(notebook))
    return [c["outputs"] for c in cells if c["cell_type"] == "code" and "".join(c["source"]).strip()]


def move(page, widget, args):
    """Uses a widget as a person would and waits until its cell shows another picture. False if nothing came of it: a
    widget that the browser was late to answer for is made anew, and a person would then use that one."""
    try:
        return use(page, widget, args)
    except Error as e:
        print(f"a widget did nothing yet: {str(e).splitlines()[0]}", flush=True)
        return False


def use(page, widget, args):
    cell = widget.locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' jp-CodeCell ')]")
    cell = cell.element_handle(timeout=5000)
    kind = widget.get_attribute("type", timeout=5000) or "select"
    widget.scroll_into_view_if_needed(timeout=5000)
    if kind != "file":
        page.wait_for_function(f"e => ({SHOWN})(e) !== ''", arg=cell, timeout=20_000)
    before, start = cell.evaluate(SHOWN), time.monotonic()
    if kind == "range":
        box = widget.bounding_box()
        high = widget.evaluate("e => e.value - e.min > (e.max - e.min) / 2", timeout=5000)
        page.mouse.click(box["x"] + (0.2 if high else 0.8) * box["width"], box["y"] + box["height"] / 2)
    elif kind == "select":
        last = widget.locator("option").count() - 1
        widget.select_option(index=0 if widget.evaluate("e => e.selectedIndex", timeout=5000) == last else last,
            timeout=5000)
    else:
        widget.set_input_files(args.photo, timeout=5000)
    page.wait_for_function(f"([e, before]) => ({SHOWN})(e) !== before", arg=[cell, before], timeout=4000)
    print(f"a widget ({kind}) was used: another picture after {time.monotonic() - start:.1f} s", flush=True)
    return True


def run(page, args):
    """Runs all cells and makes sure that they did what they should."""
    # A committed notebook has outputs: what is seen in the end must be of this run.
    menu(page, "Edit", "editmenu:clear-all")
    page.wait_for_function(f"() => ({PROMPTS})().every(p => p === '[ ]:') && ({PICTURES})() === 0", timeout=20_000)
    start, moved = time.monotonic(), set()
    menu(page, "Run", "runmenu:run-all")
    while True:
        for name in page.evaluate(WIDGETS) if args.widgets else []:
            if name not in moved and move(page, page.locator(f'[id="{name}"]'), args):
                moved.add(name)
        prompts = page.evaluate(PROMPTS)
        if prompts and all(x.strip("[]: ").isdigit() for x in prompts):
            break
        if time.monotonic() - start > args.timeout:
            page.screenshot(path=args.picture)
            sys.exit(f"after {args.timeout:.0f} s the cells' prompts are {prompts} ({args.picture} shows the page)")
        page.wait_for_timeout(250)
    for number, outputs in enumerate(saved(page, args.notebook), 1):
        for output in outputs:
            if output["output_type"] == "error":
                page.locator(CELL).nth(number - 1).evaluate("e => e.scrollIntoView()")
                page.screenshot(path=args.picture)
                sys.exit(f"cell {number} failed ({args.picture} shows it): {output['evalue']}")
    if len(moved) < args.widgets:
        page.screenshot(path=args.picture)
        sys.exit(f"{len(moved)} of {args.widgets} widgets could be used ({args.picture} shows the page)")
    page.wait_for_function(f"() => ({PICTURES})() > 0", timeout=20_000)
    print(f"{len(prompts)} cells ran in {time.monotonic() - start:.1f} s; "
          f"{page.evaluate(PICTURES)} pictures are on the page", flush=True)


def drive(page, page_url, args):
    start = time.monotonic()
    page.goto(page_url)
    page.locator(CELL).first.wait_for(timeout=120_000)
    # A kernel that is missing opens a dialog that asks for another.
    if page.locator(".jp-Dialog").count():
        sys.exit("JupyterLab asks: " + " ".join(page.locator(".jp-Dialog").inner_text().split()))
    kernel = page.locator(PANEL + " .jp-Toolbar-kernelName", has_text="Go (pvs)")
    kernel.first.wait_for(timeout=60_000)
    # GoNB says whether it is busy only from the first cell on: there is no "idle" to wait for.
    print(f"the notebook is open and has its kernel after {time.monotonic() - start:.1f} s", flush=True)

    if not args.saved:
        run(page, args)
    page.keyboard.press("Control+B")  # without the list of files the notebook is wide enough
    page.locator(args.show).first.evaluate("e => e.scrollIntoView({block: 'center'})")
    page.wait_for_timeout(1000)  # lazily drawn parts of the page settle
    page.screenshot(path=args.picture)
    print(f"{args.picture}, {os.path.getsize(args.picture) / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
