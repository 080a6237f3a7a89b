"""The same small site with Bottle, Falcon and Pyramid."""

import bottle
import falcon
from pyramid.config import Configurator
from pyramid.response import Response

bottle_app = bottle.Bottle()


@bottle_app.get("/hello/<name>")
def bottle_hello(name):
    return f"Hello, {name}!"


@bottle_app.post("/sum")
def bottle_sum():
    return {"sum": sum(bottle.request.json["numbers"])}


class Hello:
    def on_get(self, request, response, name):
        response.content_type = falcon.MEDIA_TEXT
        response.text = f"Hello, {name}!"


class Sum:
    def on_post(self, request, response):
        response.media = {"sum": sum(request.get_media()["numbers"])}


falcon_app = falcon.App()
falcon_app.add_route("/hello/{name}", Hello())
falcon_app.add_route("/sum", Sum())


def pyramid_app():
    with Configurator() as config:
        config.add_route("hello", "/hello/{name}")
        config.add_route("sum", "/sum")
        config.add_view(lambda request: Response(f"Hello, {request.matchdict['name']}!"), route_name="hello")
        config.add_view(
            lambda request: {"sum": sum(request.json_body["numbers"])}, route_name="sum", renderer="json"
        )
        return config.make_wsgi_app()
