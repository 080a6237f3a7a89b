import concurrent.futures
import re
import subprocess
import sys

import pytest
import requests
from conftest import FOLDER
from selenium import webdriver
from selenium.webdriver.common.by import By


@pytest.fixture
def url(serve, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE", str(tmp_path / "database"))
    subprocess.run([sys.executable, "django_app.py", "prepare"], cwd=FOLDER / "apps", check=True)
    return serve("django_app:app").url


def token(page):
    return re.search('name="csrfmiddlewaretoken" value="(.*?)"', page)[1]


def test_a_form(url):
    with requests.Session() as client:
        page = client.get(f"{url}/greet").text
        assert client.post(f"{url}/greet", data={"name": "you"}).status_code == 403, "no token"
        page = client.post(f"{url}/greet", data={"name": "<you>", "csrfmiddlewaretoken": token(page)}).text
        assert "Hello, &lt;you&gt;!" in page
        page = client.post(f"{url}/greet", data={"name": "x" * 21, "csrfmiddlewaretoken": token(page)}).text
        assert "at most 20 characters" in page


def test_the_admin(url):
    with requests.Session() as client:
        page = client.get(f"{url}/admin/")
        assert page.url.endswith("/admin/login/?next=/admin/")
        login = {"username": "admin", "password": "wrong", "csrfmiddlewaretoken": token(page.text)}
        page = client.post(page.url, data=login)
        assert "Please enter the correct username and password" in page.text
        login |= {"password": "admin", "csrfmiddlewaretoken": token(page.text)}
        page = client.post(page.url, data=login)
        assert "Site administration" in page.text
        assert "user99" in client.get(f"{url}/admin/auth/user/?q=user99").text
        style = client.get(f"{url}/static/admin/css/base.css")
        assert (style.status_code, style.headers["Content-Type"]) == (200, "text/css")


def test_a_stream_from_the_database(url):
    expected = "".join(f"{name:5000}\n" for name in ["admin", *(f"user{number}" for number in range(100))])
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(text == expected for text in pool.map(lambda _: requests.get(f"{url}/users").text, range(40)))


def test_the_admin_in_a_browser(url):
    options = webdriver.ChromeOptions()
    for option in ["headless", "no-sandbox", "disable-gpu", "disable-background-networking", "window-size=1200,900"]:
        options.add_argument(f"--{option}")
    options.binary_location = "/usr/bin/chromium"
    with webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver")) as browser:
        browser.implicitly_wait(10)
        browser.get(f"{url}/admin/")
        browser.find_element(By.NAME, "username").send_keys("admin")
        browser.find_element(By.NAME, "password").send_keys("admin")
        browser.find_element(By.CSS_SELECTOR, "[type=submit]").click()
        browser.find_element(By.LINK_TEXT, "Users").click()
        browser.find_element(By.CSS_SELECTOR, ".object-tools .addlink").click()
        browser.find_element(By.NAME, "username").send_keys("somebody")
        browser.find_element(By.NAME, "password1").send_keys("a long sentence 5")
        browser.find_element(By.NAME, "password2").send_keys("a long sentence 5")
        browser.find_element(By.NAME, "_save").click()
        assert "was added successfully" in browser.find_element(By.CSS_SELECTOR, ".messagelist").text
        browser.get(f"{url}/admin/auth/user/?q=somebody")
        assert browser.find_element(By.LINK_TEXT, "somebody")
        colour = browser.find_element(By.ID, "header").value_of_css_property("background-color")
        assert colour not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"), "its style sheet is there"
