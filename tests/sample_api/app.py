#!/usr/bin/env python3
"""A small API to protect in demos and examples. Standard library only.

  app.py [--host 127.0.0.1] [--port 3000]     port 0: any free port; it is printed
  app.py --unix /run/api/api.sock             a Unix socket instead, for its own user and group

  GET  /health   "ok"
  GET  /stream   five server-sent events, one every 200 ms (?events=N)
  ANY  /upload   how many bytes the body had
  ANY  else      the request as this API sees it, as JSON: method, path, headers (lower-case names), body length
"""
import argparse
import contextlib
import json
import os
import signal
import socket
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

stopping = threading.Event()


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sample-api", ""

    def answer(self):
        path, _, query = self.path.partition("?")
        length = self.read_body()
        if path == "/health":
            self.reply(b"ok\n", "text/plain")
        elif path == "/stream":
            self.stream(int(urllib.parse.parse_qs(query).get("events", ["5"])[0]))
        elif path == "/upload":
            self.reply_json({"bytes": length})
        else:
            headers = {}
            for name, value in self.headers.items():
                headers.setdefault(name.lower(), []).append(value)
            seen = {name: ", ".join(values) for name, values in headers.items()}
            self.reply_json({"method": self.command, "path": self.path, "headers": seen, "bytes": length})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def read_body(self):
        """Reads the whole body without keeping it; its length."""
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self.read_chunks()
        left = length = int(self.headers.get("Content-Length", 0))
        while left:
            left -= len(self.rfile.read(min(left, 1 << 16)))
        return length

    def read_chunks(self):
        length = 0
        while True:
            size = int(self.rfile.readline().split(b";")[0], 16)
            if size == 0:
                break
            self.rfile.read(size)
            self.rfile.readline()
            length += size
        while self.rfile.readline().strip():
            pass
        return length

    def reply(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def reply_json(self, value):
        self.reply(json.dumps(value, indent=1).encode() + b"\n", "application/json")

    def stream(self, events):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Connection", "close")
        self.end_headers()
        for number in range(events):
            self.wfile.write(b"data: %d\n\n" % number)
            self.wfile.flush()
            if stopping.wait(0.2):
                break

    def log_message(self, *_):
        """Quiet: the sidecar writes the access log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class UnixServer(Server):
    """On a Unix socket: its group may connect. A file that was left there is replaced."""
    address_family = socket.AF_UNIX

    def server_bind(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.server_address)
        before = os.umask(0o117)
        self.socket.bind(self.server_address)
        os.umask(before)

    def get_request(self):
        connection, _ = super().get_request()
        return connection, ("unix", 0)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, default=3000)
    options.add_argument("--unix", metavar="PATH")
    chosen = options.parse_args()
    server = UnixServer(chosen.unix, Api) if chosen.unix else Server((chosen.host, chosen.port), Api)

    def stop(*_):
        stopping.set()
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print("sample API listening on " + (chosen.unix or "%s:%d" % server.server_address[:2]), flush=True)
    server.serve_forever()
    server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
