import concurrent.futures
import os

import pytest
import requests


@pytest.fixture
def url(serve):
    return serve("flask_app:app").url


def test_routes(url):
    assert requests.get(url).text == "Hello, World!"
    assert requests.get(f"{url}/user/André Müller?page=7").json() == {"name": "André Müller", "page": 7}
    assert requests.get(f"{url}/nowhere").status_code == 404
    assert requests.post(f"{url}/user/a").status_code == 405
    head = requests.head(url)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "13", b"")


def test_forms_and_json(url):
    assert requests.post(f"{url}/form", data={"name": "Zoë & Co", "age": "5"}).text == "Zoë & Co is 5"
    assert requests.post(f"{url}/json", json={"numbers": [1, 2, 3]}).json() == {"sum": 6}
    assert requests.post(f"{url}/json", data="{", headers={"Content-Type": "application/json"}).status_code == 400


def test_uploads(url):
    content = os.urandom(5_000_000)
    reply = requests.post(f"{url}/upload", files={"file": ("name.bin", content)}, data={"note": "n"})
    assert reply.json() == {"name": "name.bin", "size": 5_000_000, "note": "n"}
    chunks = (bytes(100_000) for _ in range(20))
    assert requests.post(f"{url}/raw", data=chunks).text == "2000000", "in chunks"


def test_streams(url):
    """Many at once, each longer than a socket's buffers: each has a context of its own."""
    count = 100_000
    expected = "".join(f"{number} of {count}\n" for number in range(count))
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        replies = pool.map(lambda _: requests.get(f"{url}/stream?count={count}").text, range(8))
        assert all(text == expected for text in replies)


def test_sessions(url):
    with requests.Session() as client:
        assert [client.get(f"{url}/count").text for _ in range(3)] == ["1", "2", "3"]
    assert requests.get(f"{url}/count").text == "1"


def test_errors(url):
    reply = requests.get(f"{url}/teapot")
    assert (reply.status_code, reply.text) == (418, "short and stout")
    assert requests.get(f"{url}/fails").status_code == 500
    assert requests.get(url).status_code == 200
