def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    lines = [f"{name}: {environ[name]!r}\n" for name in sorted(environ)]
    return [line.encode() for line in lines]
