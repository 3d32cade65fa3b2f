"""Uses the page of a running `pvs serve` in headless Chromium as people do, and says what does not work.

    python docs/ci/serve_page.py URL PHOTO [--shots DIR]

URL is the address that `pvs serve` prints, PHOTO a photo to search for. It uploads, crops with the mouse and with keys,
filters by a category, asks for more and less like a product, opens a product, follows a link that was shared, goes
back, drops and pastes, clicks "same product" and "not it" and takes that back, does the plain case without script, and
does it on a phone and in the dark. The server must keep clicks (--teach), and have none. Any message of the
console, and any answer of another server, is a failure. It needs the package playwright and a Chromium (Debian's:
apt-get install chromium). With --shots it keeps pictures of what it sees.
"""

import argparse
import base64
import os
import shutil
import sys

from playwright.sync_api import expect, sync_playwright

checks = []


def check(name, right, seen=""):
    checks.append(name)
    print(("ok    " if right else "WRONG ") + name + (f": {seen}" if seen and not right else ""), flush=True)
    if not right:
        sys.exit(1)


def titles(page):
    return page.locator(".card .about a").all_inner_texts()


def shows(page, wanted):
    """Waits for products."""
    for _ in range(100):
        if titles(page) == wanted:
            return True
        page.wait_for_timeout(50)
    return False


def settled(page):
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(450)  # cards have risen


class Visit:
    """A browser that nobody used before, whose complaints are failures."""

    def __init__(self, browser, options, **kind):
        self.options = options
        self.context = browser.new_context(**kind)
        self.page = self.context.new_page()
        self.faults = []
        host = options.url.split("/")[2]
        self.page.on("console", lambda m: self.faults.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda e: self.faults.append(str(e)))
        self.page.on(
            "request",
            lambda r: (
                None
                if r.url.startswith(("blob:", "data:")) or r.url.split("/")[2] == host
                else self.faults.append("asked for " + r.url)
            ),
        )
        self.page.goto(options.url)

    def shot(self, name):
        if self.options.shots:
            settled(self.page)
            self.page.screenshot(path=os.path.join(self.options.shots, name + ".png"))

    def upload(self):
        self.page.set_input_files("form.ask input[name=photo]", self.options.photo)
        self.page.wait_for_selector(".results .card")

    def end(self, name):
        check(name + ": no complaint", not self.faults, self.faults)
        self.context.close()


def desk(browser, o):
    v = Visit(browser, o, viewport={"width": 1440, "height": 900})
    page = v.page
    check("home shows products", page.locator(".card").count() >= 3)
    v.shot("desktop-home")
    v.upload()
    found = titles(page)
    check("upload finds products", len(found) >= 3 and "?q=" in page.url, page.url)
    scores = [float(s) for s in page.locator(".score").all_inner_texts()]
    check("best first", scores == sorted(scores, reverse=True), scores)
    v.shot("desktop-results")

    box = page.locator(".query").bounding_box()
    at = page.url
    page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 0.25 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=6)
    page.mouse.up()
    page.wait_for_url(lambda url: url != at)
    page.wait_for_selector(".query .box:visible")
    check("a box crops", page.locator("[data-whole]").is_visible())
    v.shot("desktop-crop")
    at = page.url
    page.focus(".query")
    for key in ("ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url != at)
    check("keys move the box", page.locator(".query .box").is_visible())
    at = page.url
    page.click("[data-whole]")
    page.wait_for_url(lambda url: url != at)
    expect(page.locator(".query .box")).to_be_hidden()
    check("the whole photo again", shows(page, found), titles(page))

    page.click(".chips a.chip:not(.on) >> nth=0")
    page.wait_for_url("**category=**")
    expect(page.locator(".chip.on").first).to_be_visible()
    check("a category filters", 0 < page.locator(".card").count() and "category=" in page.url)
    page.go_back()
    page.wait_for_url(lambda url: "category=" not in url)
    check("back is back", shows(page, found), titles(page))

    page.hover(".card >> nth=1")
    page.click(".card >> nth=1 >> [data-like]")
    page.wait_for_url("**more=**")
    expect(page.locator(".refined")).to_contain_text("More like")
    page.hover(".card >> nth=3")
    gone = page.locator(".card").nth(3).get_attribute("data-photo")
    page.click(".card >> nth=3 >> [data-unlike]")
    page.wait_for_url("**less=**")
    page.wait_for_function("id => ![...document.querySelectorAll('.card')].some(c => c.dataset.photo === id)", arg=gone)
    check("more and less like this", page.locator(".minis li").count() == 2)
    v.shot("desktop-refined")
    page.click(".minis a >> nth=0")
    expect(page.locator(".minis li")).to_have_count(1)

    page.locator("body").click(position={"x": 5, "y": 5})
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    check(
        "arrows go from product to product",
        page.evaluate("document.activeElement.closest('.card') === document.querySelectorAll('.card')[1]"),
    )
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog#sheet[open] .product")
    check("a product opens", page.locator("#sheet .why").count() == 1)
    v.shot("desktop-product")
    if page.locator("#sheet .strip a").count() > 1:
        other = page.locator("#sheet .strip a:not([aria-current])").first.get_attribute("href")
        page.click("#sheet .strip a:not([aria-current]) >> nth=0")
        expect(page.locator("#sheet .strip a[aria-current]")).to_have_attribute("href", other)
        check("its other photos open", True)
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    page.click(".card .shot >> nth=2")
    page.click("#sheet >> text=Search with this photo")
    page.wait_for_url("**?id=**")
    page.wait_for_selector(".query img")
    check("similar products", page.locator(".card").count() >= 3)
    box = page.locator(".query").bounding_box()
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.2 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.8 * box["height"], steps=4)
    page.mouse.up()
    page.wait_for_url("**crop=**")
    check("a photo of the index is cropped by its address", True)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    check("keys are explained", True)
    v.end("desktop")
    return found, at


def others(browser, o, found):
    v = Visit(browser, o, viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page = v.page
    v.shot("dark-home")
    data = base64.b64encode(open(o.photo, "rb").read()).decode()
    give = """([data, type, name]) => {
      const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], "photo.jpg", { type: "image/jpeg" }));
      const event = type === "paste" ? new ClipboardEvent("paste", { clipboardData: transfer, bubbles: true })
        : new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true });
      document.body.dispatchEvent(event);
    }"""
    page.evaluate(give, [data, "dragenter", ""])
    check(
        "the page says that it can be dropped", page.evaluate("document.documentElement.className.includes('dropping')")
    )
    page.evaluate(give, [data, "drop", ""])
    page.wait_for_selector(".results .card")
    check("drop", titles(page) == found, titles(page))
    v.shot("dark-results")
    page.goto(o.url)
    page.evaluate(give, [data, "paste", ""])
    page.wait_for_selector(".results .card")
    check("paste", titles(page) == found)
    shared = page.url
    page.click(".card .shot >> nth=0")
    page.wait_for_selector("dialog#sheet[open] .product")
    v.shot("dark-product")
    v.end("dark")

    v = Visit(browser, o)
    v.page.goto(shared)
    check("a shared link finds the same", titles(v.page) == found, titles(v.page))
    v.end("another person")

    v = Visit(browser, o)
    v.page.set_input_files(
        "form.ask input[name=photo]", {"name": "no.jpg", "mimeType": "image/jpeg", "buffer": b"none"}
    )
    v.page.wait_for_selector("#toast:visible")
    check("no photo: a sentence", "not an image" in v.page.inner_text("#toast"), v.page.inner_text("#toast"))
    v.faults = [f for f in v.faults if "422" not in f]  # the browser's own note of the answer
    v.end("a wrong file")


def pressed(page, card, text):
    return page.locator(".card").nth(card).locator("[data-teach]", has_text=text).get_attribute("aria-pressed")


def clicks(page):
    line = page.locator(".taught p").first.inner_text()
    return int(line.split()[0]) if line[0].isdigit() else 0


def fitted(page):
    """Waits until clicks are learned from, and the page shows it."""
    expect(page.locator(".taught .verdict")).to_be_visible(timeout=240_000)
    expect(page.locator("[data-fitting]")).to_have_count(0, timeout=240_000)


def teaching(browser, o, found):
    v = Visit(browser, o, viewport={"width": 1440, "height": 900})
    page = v.page
    v.upload()
    check("teaching: nothing was clicked", clicks(page) == 0 and page.locator(".toggle").count() == 0)
    page.fill(".who input[name=who]", "Änn")
    page.click(".who button")
    expect(page.locator(".who input[name=who]")).to_have_value("Änn")
    page.locator(".card").nth(0).locator("text=Same product").click()
    expect(page.locator(".card").nth(0).locator("text=Same product")).to_have_attribute("aria-pressed", "true")
    check(
        "teaching: the button that was pressed has the focus",
        page.evaluate("document.activeElement.innerText + document.activeElement.closest('.card').dataset.photo")
        == "Same product" + page.locator(".card").nth(0).get_attribute("data-photo"),
    )
    page.locator(".card").nth(1).locator("text=Not it").click()
    expect(page.locator(".card").nth(1).locator("text=Not it")).to_have_attribute("aria-pressed", "true")
    check("teaching: two clicks count", clicks(page) == 2, clicks(page))
    check("teaching: by themselves they change nothing yet", titles(page) == found, titles(page))
    fitted(page)
    check("teaching: it says that they are few", "Too few" in page.inner_text(".taught .verdict"))
    page.click(".taught summary")
    listed = page.locator(".clicks li").all_inner_texts()
    check("teaching: clicks are listed with who", len(listed) == 2 and all("Änn" in text for text in listed), listed)
    v.shot("desktop-taught")
    page.click(".toggle")
    page.wait_for_url("**taught=1**")
    expect(page.locator(".toggle")).to_have_attribute("aria-checked", "true")
    check("teaching: switched on", "taught=1" in page.url)
    page.click(".card .shot >> nth=0")
    page.wait_for_selector("dialog#sheet[open] .why")
    page.keyboard.press("Escape")
    page.click(".toggle")
    page.wait_for_url("**taught=0**")
    check("teaching: switched off, the results are as before", shows(page, found), titles(page))
    page.locator(".card").nth(0).locator("text=Not it").click()
    expect(page.locator(".card").nth(0).locator("text=Not it")).to_have_attribute("aria-pressed", "true")
    check("teaching: the last opinion counts", pressed(page, 0, "Same product") == "false" and clicks(page) == 2)
    page.locator(".card").nth(0).locator("text=Not it").click()
    expect(page.locator(".card").nth(0).locator("text=Not it")).to_have_attribute("aria-pressed", "false")
    check("teaching: taken back, the one before counts again", pressed(page, 0, "Same product") == "true")
    page.reload()
    check("teaching: kept over a visit", clicks(page) == 2 and page.input_value(".who input[name=who]") == "Änn")
    page.click(".taught summary")
    for left in (1, 0):
        page.locator(".clicks .act").first.click()
        expect(page.locator(".clicks li")).to_have_count(left)
    check("teaching: taken back click by click", clicks(page) == 0 and pressed(page, 0, "Same product") == "false")
    v.end("teaching")

    v = Visit(browser, o, java_script_enabled=False)
    page = v.page
    page.set_input_files("input[name=photo]", o.photo)
    page.click("button.send")
    at = page.url
    page.locator(".card").nth(1).locator("text=Not it").click()
    check("teaching without script", page.url == at and clicks(page) == 1 and pressed(page, 1, "Not it") == "true")
    page.locator(".card").nth(1).locator("text=Not it").click()
    check("teaching without script: taken back", clicks(page) == 0)
    v.end("teaching without script")

    kind = dict(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True)
    v = Visit(browser, o, color_scheme="dark", **kind)
    page = v.page
    v.upload()
    page.locator(".card").nth(1).locator("text=Not it").tap()
    expect(page.locator(".card").nth(1).locator("text=Not it")).to_have_attribute("aria-pressed", "true")
    fitted(page)
    page.tap(".taught summary")
    wide = page.evaluate("document.documentElement.scrollWidth")
    check("teaching on a phone: nothing is wider than the screen", wide <= 390, wide)
    v.shot("phone-taught")
    page.locator(".clicks .act").first.tap()
    expect(page.locator(".clicks li")).to_have_count(0)
    check("teaching on a phone", clicks(page) == 0)
    v.end("teaching on a phone")


def without_script(browser, o, found):
    v = Visit(browser, o, java_script_enabled=False)
    page = v.page
    page.set_input_files("input[name=photo]", o.photo)
    page.click("button.send")
    page.wait_for_selector(".results .card")
    check("without script: upload", titles(page) == found)
    page.click(".chips a.chip:not(.on) >> nth=0")
    check("without script: category", page.locator(".card").count() > 0 and "category=" in page.url)
    page.click(".card .shot >> nth=0")
    check("without script: product", page.locator(".product .why").count() == 1)
    page.click("text=More like this")
    check("without script: more like this", page.locator(".minis li").count() == 1)
    v.end("without script")


def phone(browser, o, found):
    v = Visit(browser, o, viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True)
    page = v.page
    check(
        "phone: it can photograph",
        page.locator("input[capture]").count() == 1 and page.locator("[data-camera]").is_visible(),
    )
    v.shot("phone-home")
    v.upload()
    check("phone: upload", titles(page) == found)
    wide = page.evaluate("document.documentElement.scrollWidth")
    check("phone: nothing is wider than the screen", wide <= 390, wide)
    columns = page.evaluate("getComputedStyle(document.querySelector('.grid')).gridTemplateColumns.split(' ').length")
    check("phone: two columns", columns == 2, columns)
    v.shot("phone-results")
    page.tap("[data-crop-on]")
    expect(page.locator(".query.cropping")).to_be_visible()
    check("phone: the photo grows to be cropped", page.locator(".query").bounding_box()["width"] > 300)
    page.tap("[data-crop-on]")
    small = page.evaluate(
        "[...document.querySelectorAll('.card .act, .chip, .plain, .choose')]"
        ".filter(e => e.offsetHeight && e.offsetHeight < 34).length"
    )
    check("phone: all can be touched", small == 0, small)
    page.tap(".card >> nth=1 >> [data-like]")
    page.wait_for_selector(".minis li")
    page.tap(".card .shot >> nth=0")
    page.wait_for_selector("dialog#sheet[open] .product")
    v.shot("phone-product")
    page.tap("#sheet .close")
    expect(page.locator("#sheet")).to_be_hidden()
    check("phone: a product opens and closes", True)
    v.end("phone")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("photo")
    parser.add_argument("--shots")
    options = parser.parse_args()
    if options.shots:
        os.makedirs(options.shots, exist_ok=True)
    with sync_playwright() as p:
        browser = p.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        found, _ = desk(browser, options)
        others(browser, options, found)
        without_script(browser, options, found)
        phone(browser, options, found)
        teaching(browser, options, found)
        browser.close()
    print(f"{len(checks)} checks of the page passed")


main()
