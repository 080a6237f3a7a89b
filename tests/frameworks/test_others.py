import pytest
import requests


@pytest.mark.parametrize("application", ["bottle_app", "falcon_app", "pyramid_app()"])
def test_small_site(serve, application):
    url = serve(f"others:{application}").url
    assert requests.get(f"{url}/hello/you").text == "Hello, you!"
    assert requests.post(f"{url}/sum", json={"numbers": [1, 2, 3]}).json() == {"sum": 6}
    assert requests.get(f"{url}/nowhere").status_code == 404
