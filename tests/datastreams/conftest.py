"""What the tests of the data library share: small MNIST files, and a server that misbehaves."""

import functools
import gzip
import hashlib
import http.server
import struct
import threading

import numpy as np
import pytest

from blocks.config import config
from blocks.datastreams.builtin import mnist


def idx_bytes(array):
    """Return the IDX file of a uint8 array."""
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


@pytest.fixture(scope="session")
def small_mnist():
    """The content of MNIST's four files, cut to 30 training and 20 test examples."""
    rng = np.random.default_rng(0)
    content = {}
    for which_set, count in (("train", 30), ("test", 20)):
        images, labels = mnist.FILES[which_set]
        content[images] = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        content[labels] = np.arange(count, dtype=np.uint8) % 10
    return content


@pytest.fixture
def data_folder(tmp_path):
    """An empty data path; nothing is downloaded from the internet."""
    folder = tmp_path / "data"
    folder.mkdir()
    with config.use(data_path=[str(folder)], offline=True, mirrors=()):
        yield folder


@pytest.fixture
def mnist_folder(data_folder, small_mnist):
    """A data path with small MNIST files, the training files compressed."""
    for name, array in small_mnist.items():
        content = idx_bytes(array)
        if name.startswith("train"):
            (data_folder / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (data_folder / name).write_bytes(content)
    return data_folder


@pytest.fixture
def real_mnist(shared):
    """The data path with the real MNIST files."""
    folder = shared / "data" / "mnist"
    with config.use(data_path=[str(folder)], offline=True):
        yield folder


class _Handler(http.server.BaseHTTPRequestHandler):
    def __init__(self, server, *args):
        self.mirrors = server
        super().__init__(*args)

    def do_GET(self):
        mirror, _, name = self.path.strip("/").partition("/")
        self.mirrors.requests.append(self.path)
        content = self.mirrors.files.get(name)
        if mirror == "missing" or content is None:
            self.send_error(404)
            return
        if mirror == "wrong":
            content = gzip.compress(b"something else")
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if mirror == "truncated" else content)

    def log_message(self, *args):
        pass


class Mirrors:
    """A local server; the first part of the path says how it behaves."""

    def __init__(self, files):
        self.files, self.requests = files, []
        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(_Handler, self)
        )
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def __call__(self, *kinds):
        return [f"{self.address}/{kind}" for kind in kinds]


@pytest.fixture
def mirrors(small_mnist, data_folder, monkeypatch):
    """Local mirrors of the small MNIST, with its checksums in the place of the real ones."""
    content = {name: idx_bytes(array) for name, array in small_mnist.items()}
    checksums = {name: hashlib.sha256(data).hexdigest() for name, data in content.items()}
    monkeypatch.setattr(mnist, "CHECKSUMS", checksums)
    local = Mirrors({f"{name}.gz": gzip.compress(data) for name, data in content.items()})
    with config.use(offline=False):
        yield local
    local.server.shutdown()
    local.server.server_close()
