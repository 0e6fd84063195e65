# An authorization server with Django OAuth Toolkit, from a database that is
# made anew.  The only argument is JSON: the path of the database; the port;
# scopes; clients, each with client_id, client_secret and grant (as the
# command createapplication names it); and a user with name and password.

import json
import sys
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIServer, make_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

options = json.loads(sys.argv[1])

settings.configure(
    SECRET_KEY="a key for a database that lasts for one test",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": options["database"],
        },
    },
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "oauth2_provider",
    ],
    OAUTH2_PROVIDER={"SCOPES": {scope: scope for scope in options["scopes"]}},
)
django.setup()

urlpatterns = [
    path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")),
]


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def register():
    call_command("migrate", verbosity=0)

    from django.contrib.auth.models import User

    user = options["user"]
    User.objects.create_user(user["name"], password=user["password"])

    for client in options["clients"]:
        call_command("createapplication", "confidential", client["grant"],
                     client_id=client["client_id"],
                     client_secret=client["client_secret"])


register()
make_server("127.0.0.1", options["port"], get_wsgi_application(),
            server_class=Server).serve_forever()
