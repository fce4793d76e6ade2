"""Files and pages are brought in over HTTP; wrong ones are refused with a reason, private addresses always."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.pdf_files import pdf
from tests.running import RunningDesk

PATH = "/v1/knowledge/import"


class Site(BaseHTTPRequestHandler):
    """A small web site with pages, a sitemap, a redirect and a loop."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        base = f"http://{self.headers['Host']}"
        pages = {
            "/sitemap.xml": f"<urlset><url><loc>{base}/one</loc></url><url><loc>{base}/two</loc></url>"
            f"<url><loc>{base}/gone</loc></url></urlset>",
            "/one": "<title>Shipping</title><main><p>Three days.</p></main>",
            "/two": "<title>Returns</title><main><p>Seven days.</p></main>",
        }
        if self.path in ("/old", "/loop"):
            self.send_response(302)
            self.send_header("Location", "/one" if self.path == "/old" else "/loop")
            self.end_headers()
            return
        content = pages.get(self.path, "").encode()
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """Return the address of a web site on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Return a desk that may call private addresses."""
    folder = tmp_path_factory.mktemp("inside") / "data"
    running = RunningDesk(folder, LIMITS="off", ALLOW_PRIVATE_URLS="true").start()
    yield running
    running.close()


def finished(desk: RunningDesk, wish: dict[str, Any]) -> dict[str, Any]:
    status, job = desk.ask("POST", "/v1/knowledge/pages", wish, desk.token)
    assert status == 202, job
    while job["state"] == "running":
        _, job = desk.ask("GET", f"/v1/knowledge/pages/{job['id']}", None, desk.token)
    return job  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", b"# Hours\n\n9 to 5"),
        ("faq.csv", "问题,答案\n怎么退款,点这里\n".encode("gb18030")),
        ("page.html", b"<title>T</title><p>text</p>"),
        ("file.pdf", pdf("Some text.")),
    ],
)
def test_file_is_brought_in_once(desk: RunningDesk, name: str, content: bytes) -> None:
    assert desk.ask("POST", f"{PATH}?name={name}", content, desk.token) == (
        200,
        {"new": 1, "changed": 0, "same": 0},
    )
    assert desk.ask("POST", PATH, content, desk.token, X_File_Name=name)[1]["same"] == 1


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("", b"x", "no name"),
        ("a.docx", b"x", "no kind of file"),
        ("bad.csv", b"question,anwser\nx,y\n", "anwser"),
        ("bad.pdf", b"%PDF-1.4 rubbish", "cannot be read"),
        ("bad.md", b"---\nstate: perhaps\n---\nx", "perhaps"),
    ],
)
def test_bad_file_says_what_is_wrong(desk: RunningDesk, name: str, content: bytes, says: str) -> None:
    status, refusal = desk.ask("POST", f"{PATH}?name={name}", content, desk.token)
    assert (status, refusal["code"]) == (422, "invalid")
    assert says in refusal["message"]


def test_pages_of_a_sitemap_with_progress_and_faults(inside: RunningDesk, site: str) -> None:
    job = finished(inside, {"sitemap": site + "/sitemap.xml", "language": "en"})
    assert (job["state"], job["done"], job["total"], job["new"]) == ("done", 3, 3, 2)
    assert [each["message"] for each in job["problems"]] == ["the address answers with status 404"]
    _, articles = inside.ask("GET", "/v1/articles", None, inside.token)
    found = {each["source"]: each for each in articles}
    assert found[site + "/one"]["title"] == "Shipping"
    assert found[site + "/one"]["language"] == "en"
    assert finished(inside, {"sitemap": site + "/sitemap.xml", "language": "en"})["same"] == 2


def test_redirects_are_followed_up_to_a_point(inside: RunningDesk, site: str) -> None:
    job = finished(inside, {"urls": [site + "/old", site + "/loop"]})
    assert (job["new"] + job["changed"] + job["same"], len(job["problems"])) == (1, 1)
    assert "without end" in job["problems"][0]["message"]


def test_private_addresses_are_refused(desk: RunningDesk, site: str) -> None:
    Site.asked.clear()
    job = finished(
        desk,
        {
            "urls": [site + "/one", "http://169.254.169.254/latest", "http://localhost/x"],
            "sitemap": site + "/sitemap.xml",
        },
    )
    assert job["state"] == "failed"
    assert len(job["problems"]) == 4
    assert all("private" in each["message"] for each in job["problems"])
    assert not Site.asked


def test_wrong_wishes(desk: RunningDesk) -> None:
    for wish in ({}, {"urls": ["file:///etc/passwd"]}, {"urls": ["https://x.example"], "state": "gone"}):
        assert desk.ask("POST", "/v1/knowledge/pages", wish, desk.token)[0] == 422
    assert desk.ask("GET", "/v1/knowledge/pages/none", None, desk.token)[0] == 404


def test_command_line_reads_pages(inside: RunningDesk, site: str, tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    (tmp_path / "pages.txt").write_text(f"{site}/one\n{site}/gone\n")
    command = [sys.executable, "-m", "fastdesk", "kb", "import", "--pages", "pages.txt", "--sitemap", site + "/sitemap.xml",
               "--url", inside.base, "--key", inside.token, "--audience", "staff"]  # fmt: skip
    environment = {**os.environ, "FASTDESK_ALLOW_PRIVATE_URLS": "true"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert sum(map(int, [part.split()[0] for part in done.stdout.strip().split(", ")])) == 2
    assert "/gone: the address answers with status 404" in done.stderr
