#!/usr/bin/env python3
"""A small web server that takes part in the tests of the book, up to stage v02.

    cargo run -p suite -- v02 -- python3 tests/suite/examples/server.py

It uses sockets only, reads one request of a client, answers, closes, and takes the next client. The numbers in the
comments are sections of RFC 9112, HTTP/1.1.
"""
import http
import os
import re
import signal
import socket
import sys
import time

USAGE = """usage: server.py [ADDRESS]

ADDRESS   HOST:PORT to listen on; port 0 is any free one (default 127.0.0.1:8888)

Environment:
LOG       on: a line on stderr for each request; off: none (default on)
TIMEOUT   seconds that a client may take for a whole request (default 10)
"""
LINE, HEAD, FIELDS, BODY = 8 << 10, 64 << 10, 100, 16 << 20
METHODS = {b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PATCH"}

TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
REQUEST_LINE = re.compile(rb"(" + TOKEN + rb") ([!-~]+) HTTP/([0-9])\.([0-9])")
FIELD = re.compile(rb"(" + TOKEN + rb"):[ \t]*([\t -~\x80-\xff]*)")
HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z._~!$&'()*+,;=%-]*)(?::[0-9]*)?")
PATH = re.compile(rb"[!$-;=?-~]*")  # As browsers send it: any visible character but " # < >.
CHUNK = re.compile(rb"([0-9A-Fa-f]+)(?:[ \t]*;[\t -~\x80-\xff]*)?")


class Refusal(Exception):
    """A request that gets this status, and no more is read of it."""


class Gone(Exception):
    """The client has left."""


class Connection:
    """The bytes of one client: what came and was not taken yet stays in `buffer`."""

    def __init__(self, client, timeout):
        self.client, self.buffer, self.deadline = client, b"", time.monotonic() + timeout
        self.line = b""  # The request line, for the log.

    def read(self):
        """Adds what comes next to the buffer. The deadline is for the whole request, not for one read."""
        self.client.settimeout(max(self.deadline - time.monotonic(), 0.001))
        try:
            data = self.client.recv(1 << 16)
        except TimeoutError:
            raise Refusal(408)
        if not data:
            raise Gone
        self.buffer += data

    def take(self, count):
        parts = [self.buffer]
        while (missing := count - sum(map(len, parts))) > 0:
            self.buffer = b""
            self.read()
            parts.append(self.buffer)
        data = b"".join(parts)
        self.buffer = data[count:]
        return data[:count]

    def take_line(self, limit, status):
        while (end := self.buffer.find(b"\r\n", 0, limit + 2)) < 0:
            if len(self.buffer) >= limit + 2:
                raise Refusal(status)
            self.read()
        line, self.buffer = self.buffer[:end], self.buffer[end + 2 :]
        return line

    def take_fields(self, size, status):
        """The fields up to the empty line, as a list of names in lower case and values (5)."""
        fields = []
        while line := self.take_line(size, status):
            match = FIELD.fullmatch(line)
            if not match:
                raise Refusal(400)
            size -= len(line) + 2
            fields.append((match[1].lower(), match[2].rstrip(b" \t")))
            if len(fields) > FIELDS:
                raise Refusal(431)
        return fields

    def take_chunks(self):
        """A body in chunks, with its trailers, which are dropped (7.1)."""
        body = []
        while True:
            match = CHUNK.fullmatch(self.take_line(LINE, 400))
            if not match:
                raise Refusal(400)
            size = int(match[1], 16)
            if size == 0:
                self.take_fields(HEAD, 431)
                return b"".join(body)
            if sum(map(len, body)) + size > BODY:
                raise Refusal(413)
            body.append(self.take(size))
            if self.take(2) != b"\r\n":
                raise Refusal(400)


def read_request(connection):
    """Reads one request: its method, its path and its body."""
    while not (line := connection.take_line(LINE, 414)):
        pass  # Empty lines before a request are ignored (2.2).
    connection.line = line
    match = REQUEST_LINE.fullmatch(line)
    if not match:
        raise Refusal(400)
    method, target, major, minor = match.groups()
    if major != b"1":
        raise Refusal(505)
    path = read_target(method, target)
    fields = connection.take_fields(HEAD - len(line), 431)

    def values(wanted):
        return [value for name, value in fields if name == wanted]

    hosts = values(b"host")
    if len(hosts) > 1 or (minor != b"0" and not hosts) or not all(map(HOST.fullmatch, hosts)):
        raise Refusal(400)
    return method, path, read_body(connection, minor, values)


def read_target(method, target):
    """The path of a target in any of its forms, without its query, decoded (3.2)."""
    if target == b"*" and method == b"OPTIONS":
        return b"*"
    absolute = re.fullmatch(rb"(?i:https?)://([^/?#]+)(.*)", target)
    if absolute and HOST.fullmatch(absolute[1]):
        target = absolute[2] if absolute[2].startswith(b"/") else b"/" + absolute[2]
    if not target.startswith(b"/") or not PATH.fullmatch(target):
        raise Refusal(400)
    return re.sub(rb"%([0-9A-Fa-f]{2})", lambda match: bytes.fromhex(match[1].decode()), target.split(b"?")[0])


def read_body(connection, minor, values):
    """The body by its framing (6.3). Two ways to see its end are one too many."""
    codings, lengths = b",".join(values(b"transfer-encoding")).lower(), values(b"content-length")
    if values(b"transfer-encoding"):
        names = [name.strip() for name in codings.split(b",")]
        if lengths or minor == b"0" or names[-1] != b"chunked" or names.count(b"chunked") > 1:
            raise Refusal(400)
        if len(names) > 1:
            raise Refusal(501)
    elif lengths:
        if len(lengths) > 1 or not re.fullmatch(rb"[0-9]+", lengths[0]):
            raise Refusal(400)
        if len(lengths[0]) > 20 or int(lengths[0]) > BODY:
            raise Refusal(413)
    expected = {value.strip().lower() for value in b",".join(values(b"expect")).split(b",")} - {b""}
    if expected and minor != b"0":
        if expected != {b"100-continue"}:
            raise Refusal(417)
        connection.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if codings:
        return connection.take_chunks()
    return connection.take(int(lengths[0])) if lengths else b""


def answer(method, path, body):
    """What this server is for: a status, further fields, and the body of the response."""
    resources = {b"/": (b"GET", b"HEAD"), b"/echo": (b"POST",), b"*": (b"OPTIONS",)}
    if method not in METHODS:
        raise Refusal(501)
    if path not in resources:
        return 404, b"", b"There is nothing here.\n"
    if method not in resources[path]:
        return 405, b"Allow: " + b", ".join(resources[path]) + b"\r\n", b"Not with this method.\n"
    return 200, b"", {b"/": b"Hello from Python.\n", b"/echo": body, b"*": b""}[path]


def serve(client, peer, timeout, log):
    """Reads one request, answers it, and closes in a way that lets the answer arrive (9.6)."""
    connection, method = Connection(client, timeout), b""
    try:
        method, path, body = read_request(connection)
        status, fields, body = answer(method, path, body)
    except Refusal as refusal:
        method = connection.line.partition(b" ")[0]  # A refused HEAD gets no body either.
        status, fields, body = refusal.args[0], b"", b"This request can't be served.\n"
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    head = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\nDate: {date}\r\n"
    head += f"Server: example\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n"
    client.settimeout(timeout)
    client.sendall(head.encode() + fields + b"\r\n" + (b"" if method == b"HEAD" else body))
    if log:
        line = connection.line.decode("ascii", "backslashreplace")
        sys.stderr.write(f'{peer[0]}:{peer[1]} "{line}" {status} {len(body)}\n')
    client.shutdown(socket.SHUT_WR)
    end = time.monotonic() + 1
    while (left := end - time.monotonic()) > 0:
        client.settimeout(left)
        if not client.recv(1 << 16):
            break


def listen(host, port):
    """Listens on the host's first address, unless the port is in use on one of its others."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    listeners = [socket.create_server(address, family=family) for family, _, _, _, address in found[:1 if port == 0 else None]]
    for other in listeners[1:]:
        other.close()
    return listeners[0]  # create_server has set SO_REUSEADDR.


def main():
    # A launcher may have left these blocked or ignored, and process 1 of a container has no default actions.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    arguments = sys.argv[1:]
    if "--help" in arguments:
        print(USAGE, end="")
        return
    flags = [argument for argument in arguments if argument.startswith("-")]
    if flags:
        sys.exit(f"server.py: there is no flag {flags[0]}; --help tells the usage")
    address = arguments[0] if arguments else "127.0.0.1:8888"
    log, timeout = os.environ.get("LOG", "on"), os.environ.get("TIMEOUT", "10")
    if log not in ("on", "off"):
        sys.exit(f"server.py: LOG={log} can't be read; set it to on or off")
    if not timeout.isdecimal() or int(timeout) == 0:
        sys.exit(f"server.py: TIMEOUT={timeout} can't be read; set it to a number of seconds")
    try:
        host, _, port = address.rpartition(":")
        listener = listen(host, int(port))
    except (OSError, ValueError, OverflowError) as error:
        sys.exit(f"server.py: cannot listen on {address}: {error}; give a free HOST:PORT of this machine")
    print("server.py listening on http://%s:%s" % listener.getsockname(), flush=True)
    while True:
        try:
            client, peer = listener.accept()
        except OSError as error:
            sys.stderr.write(f"accept failed: {error}\n")
            time.sleep(0.1)  # Without descriptors it would fail again at once.
            continue
        with client:
            try:
                serve(client, peer, int(timeout), log == "on")
            except (OSError, Gone):
                pass  # This connection is over; the next client is waiting.


if __name__ == "__main__":
    main()
