"""Executes a notebook through a running JupyterLab server and saves its outputs there.

    python docs/lab/execute.py URL notebooks/00-quick-tour.ipynb [--timeout 900] [--dry]

URL is the link that `pvs lab` prints; the path is from the server's root. What the page
does in a browser is done here by the server's REST interface and the kernel's websocket:
a session with the notebook's kernel, one cell after another, outputs stored in the
notebook. It ends with status 1 at the first cell that fails, or if no cell shows a
picture. Runs on the lab's own Python (websocket-client comes with JupyterLab).
"""

import argparse
import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

import websocket


class Server:
    def __init__(self, link):
        parts = urllib.parse.urlsplit(link)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.token = urllib.parse.parse_qs(parts.query).get("token", [""])[0]

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + urllib.parse.quote(path), method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "token " + self.token, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as e:
            sys.exit(f"{method} {path}: the server answers {e.code}: {e.read().decode(errors='replace')[:300]}")
        except urllib.error.URLError as e:
            sys.exit(f"{self.base} does not answer ({e.reason}): is it the link of a running pvs lab?")
        return json.loads(text) if text else None

    def channels(self, kernel, session):
        address = self.base.replace("http", "ws", 1) + f"/api/kernels/{kernel}/channels?session_id={session}"
        return websocket.create_connection(address, header=["Authorization: token " + self.token], timeout=60)


def execute(ws, session, code, deadline):
    """Runs one cell; returns its outputs and execution count."""
    me = uuid.uuid4().hex
    header = {"msg_id": me, "msg_type": "execute_request", "username": "", "session": session, "version": "5.4",
        "date": ""}
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
        "stop_on_error": True}
    ws.send(json.dumps({"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell",
        "buffers": []}))
    outputs, count, displays, idle, replied = [], None, {}, False, False
    while not (idle and replied):
        if time.monotonic() > deadline:
            sys.exit("the cell does not end within the time limit")
        try:
            message = json.loads(ws.recv())
        except websocket.WebSocketTimeoutException:
            continue
        if message.get("parent_header", {}).get("msg_id") != me:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_reply":
            count, replied = content.get("execution_count"), True
        elif kind == "status":
            idle = idle or content["execution_state"] == "idle"
        elif kind == "stream":
            if outputs and outputs[-1].get("name") == content["name"]:
                outputs[-1]["text"] += content["text"]
            else:
                outputs.append({"output_type": "stream", "name": content["name"], "text": content["text"]})
        elif kind in ("display_data", "execute_result"):
            output = {"output_type": "display_data", "data": content["data"], "metadata": content["metadata"]}
            outputs.append(output)
            displays.setdefault(content.get("transient", {}).get("display_id"), []).append(output)
        elif kind == "update_display_data":
            for output in displays.get(content["transient"]["display_id"], []):
                output.update(data=content["data"], metadata=content["metadata"])
        elif kind == "error":
            outputs.append({"output_type": "error", **{k: content[k] for k in ("ename", "evalue", "traceback")}})
    return outputs, count


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("link")
    parser.add_argument("notebook")
    parser.add_argument("--timeout", type=float, default=900, help="seconds for all cells")
    parser.add_argument("--dry", action="store_true", help="leave the notebook as it is")
    args = parser.parse_args()
    server = Server(args.link)
    model = server.call("GET", "/api/contents/" + args.notebook)
    notebook = model["content"]
    session = server.call("POST", "/api/sessions", {
        "path": args.notebook, "name": args.notebook, "type": "notebook",
        "kernel": {"name": notebook["metadata"]["kernelspec"]["name"]}})
    kernel = session["kernel"]
    print(f"{args.notebook}: kernel {kernel['name']} {kernel['id']}", flush=True)
    pictures, failed, start = 0, None, time.monotonic()
    try:
        ws = server.channels(kernel["id"], uuid.uuid4().hex)
        code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
        for i, cell in enumerate(code, 1):
            began = time.monotonic()
            source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            cell["outputs"], cell["execution_count"] = execute(ws, kernel["id"], source, start + args.timeout)
            pictures += sum(any(kind.startswith("image/") or "<img" in str(text) or "<svg" in str(text)
                                for kind, text in o["data"].items())
                            for o in cell["outputs"] if "data" in o)
            print(f"cell {i} of {len(code)}: {time.monotonic() - began:.1f} s", flush=True)
            failed = next((o for o in cell["outputs"] if o["output_type"] == "error"), None)
            if failed:
                print("\n".join(o["text"] if "text" in o else re.sub("<[^>]*>", "", str(o["data"].get("text/html", "")))
                                # GoNB shows compiler errors as HTML.
                                for o in cell["outputs"] if "text" in o or "data" in o))
                break
        ws.close()
        if not args.dry:
            server.call("PUT", "/api/contents/" + args.notebook,
                {"type": "notebook", "format": "json", "content": notebook})
    finally:
        server.call("DELETE", "/api/sessions/" + session["id"])
    if failed:
        sys.exit(f"cell {i} failed: {failed['ename']}: {failed['evalue']}")
    print(f"{len(code)} cells, {pictures} pictures, {time.monotonic() - start:.0f} s")
    if pictures == 0:
        sys.exit("no cell shows a picture")


if __name__ == "__main__":
    main()
