running = []


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    running.append(environ)
    most = 0
    for _ in range(30):
        most = max(most, len(running))
        yield b"." * 32_000
    running.remove(environ)
    yield b"\nat most %d\n" % most
