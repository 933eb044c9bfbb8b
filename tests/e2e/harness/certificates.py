"""Certificates for tests, made with the openssl command line tool."""
import ssl
import subprocess

CA_CONFIG = """
[ca]
default_ca = it
[it]
database = {directory}/index.txt
serial = {directory}/serial
new_certs_dir = {directory}
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
"""

P_256, RSA = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256"), ("rsa:2048",)  # as -newkey takes them


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    """A certificate authority in a directory of its own; `ca_file` is what trusts it."""

    def __init__(self, directory):
        directory.mkdir()
        self.directory, self.ca_file, self._key = directory, directory / "ca.pem", directory / "ca.key"
        self._config = directory / "ca.conf"
        self._config.write_text(CA_CONFIG.format(directory=directory), encoding="utf-8")
        (directory / "index.txt").touch()
        (directory / "serial").write_text("1000\n", encoding="ascii")
        openssl("req", "-x509", "-newkey", *P_256, "-nodes", "-days", 10,
                "-subj", "/CN=Test CA", "-keyout", self._key, "-out", self.ca_file)

    def issue(self, name, alternative, not_before="20200101000000Z", not_after="20491231235959Z", key_kind=P_256):
        """(certificate file, key file) for a subjectAltName such as DNS:localhost."""
        key, wish, certificate = (self.directory / (name + end) for end in (".key", ".csr", ".pem"))
        openssl("req", "-new", "-newkey", *key_kind, "-nodes", "-subj", "/CN=" + name,
                "-addext", "subjectAltName=" + alternative, "-keyout", key, "-out", wish)
        openssl("ca", "-batch", "-config", self._config, "-in", wish, "-out", certificate, "-notext", "-cert", self.ca_file,
                "-keyfile", self._key, "-startdate", not_before, "-enddate", not_after)
        return certificate, key


def names_der(*names):
    """A subjectAltName as -addext takes it, of (kind, bytes) that need not be text: kind 2 is DNS, 6 is a URI."""
    def tlv(tag, content):
        assert len(content) < 128
        return bytes([tag, len(content)]) + content
    return "DER:" + tlv(0x30, b"".join(tlv(0x80 | kind, text) for kind, text in names)).hex(":")


def client_context(ca_file, certificate=None, version=None):
    """Of a client that shows `certificate`, a pair of files; `version`: the only one that it speaks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(ca_file)
    if certificate:
        context.load_cert_chain(*certificate)
    if version:
        context.minimum_version = context.maximum_version = version
    return context


def server_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
