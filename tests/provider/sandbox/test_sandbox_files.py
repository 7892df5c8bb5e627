"""Files the company sends: accepted by their link, fetched after the answer, shown on the phone."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.provider.sandbox.bench import Bench, wait_until

FILE = bytes(range(256)) * 4096  # 1 MB


@pytest.fixture
def link() -> Iterator[str]:
    """Where the company keeps a file; any other path there is 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = self.path == "/foto"
            body = FILE if here else b""
            self.send_response(200 if here else 404)
            self.send_header("Content-Type", "image/jpeg")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/foto"
    server.shutdown()
    server.server_close()


def media(link: str, **more: Any) -> dict[str, Any]:
    return {"media": {"filename": "foto.jpg", "mimeType": "image/jpeg", "url": link, **more}}


def on_phone(bench: Bench) -> list[Any]:
    found: list[Any] = bench.phone()["messages"]
    return found


def test_a_v2_file_is_fetched_noted_and_shown(bench: Bench, link: str) -> None:
    assert bench.send("Segue a foto", **media(link)).status_code == 202
    wait_until(lambda: len(on_phone(bench)) == 1)
    [shown] = on_phone(bench)[0]["attachments"]
    [noted] = bench.ledger()[0]["attachments"]
    assert shown == noted
    assert (noted["kind"], noted["filename"], noted["type"], noted["size"], noted["sha256"]) == (
        "image", "foto.jpg", "image/jpeg", len(FILE), hashlib.sha256(FILE).hexdigest(),
    )  # fmt: skip
    served = bench.control("GET", f"files/{noted['file']}")
    assert (served.content, served.headers["Content-Type"]) == (FILE, "image/jpeg")
    assert bench.control("GET", "files/unknown").status_code == 404


def test_a_v1_file_is_fetched_too(bench: Bench, link: str) -> None:
    assert bench.send_v1("Segue", imageURL=link).json()["id"]
    wait_until(lambda: len(on_phone(bench)) == 1)
    assert bench.ledger()[0]["attachments"][0]["size"] == len(FILE)


def test_a_text_does_not_overtake_the_file_before_it(bench: Bench, link: str) -> None:
    bench.send("primeiro", **media(link))
    bench.send("segundo")
    wait_until(lambda: len(on_phone(bench)) == 2)
    assert [message["text"] for message in on_phone(bench)] == ["primeiro", "segundo"]


@pytest.mark.parametrize("how", ["gone", "switch", "nobody"])
def test_a_file_that_cannot_be_fetched_fails_after_the_answer(
    bench: Bench, link: str, how: str
) -> None:
    links = {"gone": link.replace("foto", "nada"), "nobody": "http://127.0.0.1:9/foto"}
    if how == "switch":
        bench.switch(media="unreachable")
    assert bench.send("x", **media(links.get(how, link))).status_code == 202
    wait_until(lambda: bool(bench.receiver.statuses()))
    [status] = bench.receiver.statuses()
    assert (status["status"], status["error"]) == ("failed", "131053.0")
    assert on_phone(bench) == []
    assert bench.ledger()[0]["received"] is False
    assert bench.counters()["files_not_fetched"] == 1


@pytest.mark.parametrize("mime", ["application/vnd.ms-excel", "image/webp", "text/html"])
def test_v2_takes_no_type_outside_its_list(bench: Bench, link: str, mime: str) -> None:
    answer = bench.send("x", **media(link, mimeType=mime))
    assert answer.status_code == 400
    assert bench.ledger() == []
