"""nginx and HAProxy as load balancers before a sidecar, with files of the test's own."""
import os

from harness.real_proxy import RealProxy
from harness.server import port_kept

NGINX = """
daemon off;
pid nginx.pid;
error_log stderr warn;
events {{}}
http {{
  access_log off;
  client_body_temp_path client_body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  map $http_upgrade $connection_field {{ default upgrade; "" ""; }}
  upstream sidecars {{ {servers} }}
  server {{
    listen 127.0.0.1:{port}{tls};
    {more}
    location / {{
      proxy_pass http://sidecars;
      {location}
    }}
  }}
}}
"""
NGINX_SOUND = """
      proxy_http_version 1.1;
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_field;
      proxy_buffering off;
"""

HAPROXY = """
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
  timeout tunnel 60s
frontend api
  bind 127.0.0.1:{port}
  {more}
  default_backend sidecars
backend sidecars
  {servers}
"""
HAPROXY_SOUND = "http-request del-header ^x[-_.]gate[-_.] -m reg"


class Proxy(RealProxy):
    """Runs in a directory of its own. Its port is kept for it, which sets SO_REUSEADDR as we do."""
    scheme = "http"

    def __init__(self, directory):
        self.directory, self.file = directory, directory / "proxy.conf"
        self.owner = port_kept(("127.0.0.1", 0))
        self.port = self.owner.getsockname()[1]

    def start_with(self, text, *arguments):
        """`text`: of its file."""
        self.directory.mkdir()
        self.file.write_text(text, encoding="utf-8")
        self.start(self.directory, arguments)

    @property
    def url(self):
        return "%s://localhost:%d" % (self.scheme, self.port)

    def stop(self):
        super().stop()
        self.owner.close()


class Nginx(Proxy):
    program = "nginx"

    def __init__(self, directory, places, location=NGINX_SOUND, more="", certificate=None):
        """`places`: ports, or paths of Unix sockets."""
        super().__init__(directory)
        self.scheme = "https" if certificate else "http"
        servers = " ".join("server %s;" % ("127.0.0.1:%d" % each if isinstance(each, int) else "unix:%s" % each) for each in places)
        if certificate:
            more += "ssl_certificate %s; ssl_certificate_key %s;" % certificate
        as_root = ["-g", "user root;"] if os.geteuid() == 0 else []   # pytest's folder is closed to others
        text = NGINX.format(servers=servers, port=self.port, tls=" ssl" if certificate else "", more=more, location=location)
        self.start_with(text, "-p", directory, "-c", self.file, "-e", "stderr", *as_root)


class Haproxy(Proxy):
    program = "haproxy"

    def __init__(self, directory, places, more=HAPROXY_SOUND):
        super().__init__(directory)
        servers = "\n  ".join("server s%d 127.0.0.1:%d" % pair for pair in enumerate(places))
        self.start_with(HAPROXY.format(servers=servers, port=self.port, more=more), "-f", self.file)
