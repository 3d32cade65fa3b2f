"""Runs notebooks from top to bottom through the installed kernel and writes them with their outputs.

    python notebooks/execute.py NOTEBOOK.ipynb ...                       # in place, to be committed
    python notebooks/execute.py --smoke --out DIR NOTEBOOK.ipynb ...     # small, elsewhere: the test

python is the lab's: pvs setup --lab prints where it is. A cell that fails, or that writes to stderr, is an error.
The digest of the code that the outputs belong to goes into the notebook's metadata, by which the test finds stale ones.
"""
import argparse
import base64
import hashlib
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import nbclient
import nbformat


def digest(nb):
    """The code that made the outputs, in one number."""
    sources = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()


def clean(nb):
    """Takes out what differs from run to run and says nothing."""
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type != "code":
            continue
        kept = []
        for out in cell.outputs:
            if out.output_type == "stream" and kept and kept[-1].output_type == "stream" and kept[-1].name == out.name:
                kept[-1].text += out.text  # one program's writes come in pieces
                continue
            if out.output_type == "display_data":
                out.pop("transient", None)
            kept.append(out)
        cell.outputs = kept


def picture(nb, path):
    """Writes the first picture of the cell with the tag "picture" beside the notebook, for README.md."""
    for cell in nb.cells:
        if "picture" not in cell.metadata.get("tags", []):
            continue
        for output in cell.outputs:
            for mime, data in output.get("data", {}).items():
                if mime.startswith("image/"):
                    file = path.parent / "pictures" / f"{path.stem[:2]}.{mime.removeprefix('image/')}"
                    file.write_bytes(base64.b64decode(data))
                    return
    sys.exit(f"{path.name}: no cell with the tag \"picture\" shows one")


def execute(path, out, timeout):
    nb = nbformat.read(path, as_version=4)
    start = time.time()
    client = nbclient.NotebookClient(nb, kernel_name="gopvs", timeout=timeout,
        resources={"metadata": {"path": str(path.parent)}})
    try:
        client.execute(stderr=subprocess.DEVNULL)  # the kernel's own log
    finally:
        clean(nb)
        nb.metadata["kernelspec"] = {"display_name": "Go (pvs)", "language": "go", "name": "gopvs"}
        nb.metadata["pvs"] = {"executed": digest(nb)}
        nbformat.validate(nb)
        with tempfile.NamedTemporaryFile("w", dir=out.parent, delete=False, encoding="utf-8") as f:
            nbformat.write(nb, f)
        os.chmod(f.name, 0o644)
        shutil.move(f.name, out)
    for n, cell in enumerate(nb.cells):
        for o in cell.get("outputs", []):
            if o.output_type == "error" or o.output_type == "stream" and o.name == "stderr":
                sys.exit(f"{path.name}, cell {n + 1} wrote to stderr: {o.get('text', o.get('evalue', ''))[:2000]}")
    if out == path:
        picture(nb, path)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{path.name}: {time.time() - start:.0f} s; all so far took "
          f"{used.ru_utime + used.ru_stime:.0f} s of processor time", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebooks", nargs="+", type=pathlib.Path)
    parser.add_argument("--smoke", action="store_true", help="small numbers, the same steps")
    parser.add_argument("--out", type=pathlib.Path, help="write here instead of in place")
    parser.add_argument("--timeout", type=int, default=900, help="seconds a cell may take")
    args = parser.parse_args()
    if args.smoke:
        os.environ["PVS_SMOKE"] = "1"
    for path in args.notebooks:
        out = args.out / path.name if args.out else path
        try:
            execute(path.resolve(), out.resolve(), args.timeout)
        except nbclient.exceptions.CellExecutionError as err:
            sys.exit(f"{path.name}: {err}")


main()
