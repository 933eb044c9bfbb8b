"""curl through the sidecar to an aiohttp server: every body is compared with what was sent."""
import subprocess

import pytest

from harness import ACCOUNT, TOKEN
from harness.server import raw
from tools import api
from tools.curl import Curl, sha256

UPLOAD = api.DATA[::-1]


@pytest.fixture
def events():
    return api.Events()


@pytest.fixture
def upstream(start_aiohttp, tmp_path, events):
    return start_aiohttp({**api.routes(tmp_path), "/events": events})


@pytest.fixture
def curl(sidecar, tmp_path):
    return Curl(sidecar.port, TOKEN, tmp_path)


@pytest.fixture
def stranger(sidecar, tmp_path):
    """curl without a token."""
    return Curl(sidecar.port, None, tmp_path)


@pytest.fixture
def upload(tmp_path):
    path = tmp_path / "upload"
    path.write_bytes(UPLOAD)
    return path


def check_upload(answer):
    assert answer.code == 0 and answer.status == 200, answer.told
    told = answer.json()
    assert (told["account"], told["size"], told["sha256"]) == (ACCOUNT, len(UPLOAD), sha256(UPLOAD))
    return told


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
@pytest.mark.parametrize("path", ["/whole", "/streamed", "/file"])
def test_ten_megabytes_down(curl, version, path):
    answer = curl(path, version)
    assert answer.code == 0 and answer.status == 200 and sha256(answer.body) == sha256(api.DATA)


def test_http_1_0_gets_no_chunks(curl):
    """What the upstream streams in chunks reaches a 1.0 client bare, ended by the close."""
    answer = curl("/streamed", "--http1.0", "--raw")
    assert answer.body == api.DATA and answer.fields("Transfer-Encoding") == []


@pytest.mark.parametrize("version", ["--http1.0", "--http1.1"])
def test_an_upload_of_ten_megabytes(curl, upload, version):
    told = check_upload(curl("/digest", version, "-T", upload))
    assert told["method"] == "PUT" and told["length"] == str(len(UPLOAD)) and told["authorization"] is None


def test_an_upload_from_a_pipe_is_chunked(curl):
    told = check_upload(curl("/digest", "-T", "-", text=UPLOAD))
    assert told["coding"] == "chunked" and told["length"] is None


def test_a_form_and_a_file_of_a_form(curl, upload):
    answer = curl("/digest", "-d", "a=1&b=2")
    assert answer.json()["sha256"] == sha256(b"a=1&b=2") and answer.json()["type"] == "application/x-www-form-urlencoded"
    told = curl("/digest", "-F", "file=@%s" % upload).json()
    assert told["method"] == "POST" and told["size"] > len(UPLOAD) and told["type"].startswith("multipart/form-data")


def test_the_upstream_is_waited_for_with_expect_100(curl, upload):
    """curl would wait a minute; the 100 that lets it go on is the upstream's."""
    answer = curl("/digest", "-v", "-H", "Expect: 100-continue", "--expect100-timeout", 60, "-T", upload)
    check_upload(answer)
    assert "HTTP/1.1 100 Continue" in answer.told and answer.time_total < 50


def test_no_byte_is_sent_to_be_refused_with_expect_100(stranger, upload):
    answer = stranger("/digest", "-H", "Expect: 100-continue", "--expect100-timeout", 60, "-T", upload)
    assert answer.status == 401 and answer.size_upload == 0 and answer.time_total < 50


def test_a_refusal_is_read_while_uploading(stranger, upload):
    """10 MB that nobody wants: curl reads the 401, and not a connection reset."""
    answer = stranger("/digest", "-H", "Expect:", "--limit-rate", "20M", "-T", upload)
    assert answer.code == 0 and answer.status == 401 and answer.json()["error"]["status"] == 401


@pytest.mark.parametrize("framing", [["-H", "Expect:"], ["-H", "Expect:", "-H", "Transfer-Encoding: chunked"], []])
def test_the_upstream_s_413_is_read_while_uploading(curl, upload, framing):
    answer = curl("/early?status=413", *framing, "--limit-rate", "20M", "-T", upload)
    assert answer.code == 0 and answer.status == 413 and answer.body == b"no more, please"


def test_head_tells_the_length_and_brings_no_body(curl):
    answer = curl("/file", "-I")
    assert answer.code == 0 and answer.status == 200 and answer.size_download == 0
    assert answer.fields("Content-Length") == [str(len(api.DATA))] and answer.fields("Last-Modified")


def test_several_urls_share_one_connection(curl, upstream):
    answer = curl("/status/200", curl.base + "/digest", curl.base + "/whole", curl.base + "/status/204", curl.base + "/status/404")
    assert [t["num_connects"] for t in answer.transfers] == [1, 0, 0, 0, 0]
    assert [t["http_code"] for t in answer.transfers] == [200, 200, 204, 404, 200]
    assert upstream.connections == 1


def test_many_at_once(curl, tmp_path):
    answer = curl("/file?[1-40]", "-Z", "--parallel-max", 20, "-o", tmp_path / "out#1")
    assert answer.code == 0 and [t["http_code"] for t in answer.transfers] == [200] * 40
    for n in range(1, 41):
        assert (tmp_path / ("out%d" % n)).read_bytes() == api.DATA


def test_a_range(curl):
    answer = curl("/file", "-r", "1000-1999")
    assert answer.status == 206 and answer.body == api.DATA[1000:2000]
    assert answer.fields("Content-Range") == ["bytes 1000-1999/%d" % len(api.DATA)]


def test_a_download_is_resumed(curl, tmp_path):
    partial = tmp_path / "partial"
    partial.write_bytes(api.DATA[:7_000_000])
    answer = curl("/file", "-C", "-", "-o", partial)
    assert answer.status == 206 and answer.size_download == len(api.DATA) - 7_000_000
    assert partial.read_bytes() == api.DATA


def test_a_condition_that_holds_brings_304(curl):
    etag = curl("/file", "-I").fields("ETag")[0]
    answer = curl("/file", "-H", "If-None-Match: " + etag)
    assert answer.status == 304 and answer.body == b"" and answer.fields("ETag") == [etag]


def test_a_compressed_answer_passes_untouched(curl):
    assert curl("/zipped", "--compressed").body == api.DATA[:100_000]


def test_a_slow_reader_gets_all_of_it(curl):
    """Back-pressure: curl takes 10 MB at 8 MB/s."""
    answer = curl("/streamed", "--limit-rate", "8M")
    assert answer.code == 0 and sha256(answer.body) == sha256(api.DATA)


def test_a_request_as_to_a_proxy(curl):
    """Absolute-form: the authority of the target is the Host that the upstream sees."""
    done = subprocess.run(curl.arguments("--noproxy", "", "-x", curl.base, "http://api.test/digest?q=1"), capture_output=True,
                          timeout=120, check=True)
    assert b'"host": "api.test"' in done.stdout and b'"target": "/digest?q=1"' in done.stdout


def test_trailers_are_told_to_those_who_ask(start_server, start_sidecar, tmp_path):
    answering = start_server(raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                                 b"5\r\nhello\r\n0\r\nX-Sum: 532\r\n\r\n"))
    curl = Curl(start_sidecar(upstream=answering).port, TOKEN, tmp_path)
    asked = curl("/", "-H", "TE: trailers", "-H", "Connection: TE")
    assert asked.body == b"hello" and asked.fields("X-Sum") == ["532"]
    not_asked = curl("/")
    assert not_asked.body == b"hello" and not_asked.fields("X-Sum") == []


def read_chunk(stream):
    """One chunk of a raw chunked body."""
    size = int(stream.readline(), 16)
    data = stream.read(size)
    assert stream.read(2) == b"\r\n"
    return data


def test_events_arrive_one_by_one(curl, events):
    """Each event is seen, as the very chunk that it was, before the next one is sent."""
    running = subprocess.Popen(curl.arguments("-N", "--raw", "-v", curl.base + "/events"), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not running.stderr.readline().startswith(b"< HTTP/1.1 200"):
        assert running.poll() is None
    for number in range(50):
        event = b"id: %d\ndata: %s\n\n" % (number, b"x" * (number * 37))
        events.send(event)
        assert read_chunk(running.stdout) == event
    events.end()
    assert running.stdout.read() == b"0\r\n\r\n"
    running.communicate(timeout=60)
    assert running.returncode == 0
