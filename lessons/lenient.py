"""A server that is too lenient: it takes a request that has both Content-Length and Transfer-Encoding.
By which of the two it goes is said at the start: python3 lessons/lenient.py length, or chunked."""

import contextlib
import signal
import socket
import sys

signal.signal(signal.SIGINT, signal.SIG_DFL)
by_chunks = sys.argv[1] == "chunked"
listener = socket.create_server(("127.0.0.1", 8888))
print("lenient.py listening on http://127.0.0.1:8888", flush=True)
while True:
    connection, _ = listener.accept()
    connection.settimeout(1)  # A client that sends nothing for a second is done.
    with connection, connection.makefile("rwb") as stream, contextlib.suppress(TimeoutError):
        while line := stream.readline().strip():
            fields = {}
            while field := stream.readline().strip():
                name, _, value = field.partition(b":")
                fields[name.lower()] = value.strip()
            if by_chunks and fields.get(b"transfer-encoding") == b"chunked":
                while size := int(stream.readline(), 16):
                    stream.read(size + 2)
                stream.readline()
            else:
                stream.read(int(fields.get(b"content-length", 0)))
            answer = b"You asked for: " + line + b"\n"
            stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer))
            stream.flush()
