"""TLS in the hands of a test: what stands between it and the socket are two buffers, so that a test decides when what goes out."""
import socket
import ssl

PIECE = 1 << 14  # the most that a record holds


class TlsStream:
    """A connected socket that speaks TLS, to be used in its place: one thread reads, one writes.

    shutdown(SHUT_WR) is close_notify and FIN. The end of the stream is close_notify; without it there is a ConnectionResetError.
    """

    def __init__(self, sock, context, server_hostname=None, server_side=False):
        self.raw, self._in, self._out = sock, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._in, self._out, server_side=server_side, server_hostname=server_hostname)
        self._is_open = False
        self._is_told, self._resets, self._is_server = False, False, server_side
        self._came = self._went = b""   # of the handshake
        self._until_done(self.tls.do_handshake)
        self._is_open = True

    def __getattr__(self, name):
        return getattr(self.raw, name)

    def _until_done(self, step):
        while True:
            try:
                done = step()
                self.flush()
                return done
            except ssl.SSLWantReadError:
                self.flush()
                self._feed()
            except ssl.SSLEOFError:
                raise ConnectionResetError("an end without close_notify") from None
            except ssl.SSLError:
                self.flush()  # the alert
                raise

    def _feed(self):
        data = self.raw.recv(1 << 16)
        if not self._is_open:
            self._came += data
        if data:
            self._in.write(data)
        else:
            self._in.write_eof()

    def flush(self):
        data = self._out.read()
        if not self._is_open:
            self._went += data
        if data:
            self.raw.sendall(data)

    def randoms(self):
        """(the client's, the server's) of the hellos; each is the first message of its side."""
        client, server = (self._came, self._went) if self._is_server else (self._went, self._came)
        return client[11:43], server[11:43]

    def hello(self):
        """The handshake message that this side has begun with."""
        return self._went[5:5 + int.from_bytes(self._went[3:5], "big")]

    def records(self, data):
        """What would be sent for `data`."""
        self.tls.write(data)
        return self._out.read()

    def recv(self, most):
        try:
            return self._until_done(lambda: self.tls.read(most))
        except ssl.SSLZeroReturnError:
            return b""

    def sendall(self, data):
        data = memoryview(data)
        for at in range(0, len(data), PIECE):
            self.tls.write(data[at:at + PIECE])
            self.flush()

    def close_notify(self):
        """Says that nothing more follows; does not wait for the other side to say so."""
        if self._is_told:
            return
        self._is_told = True
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass
        self.flush()

    def shutdown(self, how):
        if how == socket.SHUT_WR:
            self.close_notify()
        self.raw.shutdown(how)

    def setsockopt(self, level, name, *value):
        self._resets = self._resets or (level, name) == (socket.SOL_SOCKET, socket.SO_LINGER)
        self.raw.setsockopt(level, name, *value)

    def close(self):
        try:
            if not self._resets:
                self.close_notify()
        except OSError:
            pass
        self.raw.close()

    def cut(self):
        """Ends the connection without close_notify."""
        self.raw.close()


def client_context(ca_file, *, alpn=(), certificate=None):
    context = ssl.create_default_context(cafile=str(ca_file))
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if certificate:
        context.load_cert_chain(*certificate)
    return context
