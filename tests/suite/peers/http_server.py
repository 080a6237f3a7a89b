"""http.server with a page that returns the body of a request: http_server.py HOST PORT"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, fields=()):
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        for name, value in fields:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/":
            self.answer(200, b"Hello from http.server\n")
        else:
            self.answer(404, b"Not Found\n")

    do_HEAD = do_GET

    def do_POST(self):
        if self.path.partition("?")[0] != "/echo":
            self.answer(404, b"Not Found\n")
        else:
            self.answer(200, self.rfile.read(int(self.headers.get("Content-Length", 0))))


ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
