"""TLS records that no library sends, sealed with the keys of a connection that a library has agreed on.

Of TLS 1.2 and 1.3, with AES-GCM. The keys come from the key log (RFC 9850) and, for TLS 1.2, from the two hellos.
"""
import ctypes
import ctypes.util
import hashlib
import hmac
import ssl
import struct

ALERT, HANDSHAKE, DATA = 21, 22, 23
KEY_UPDATE, KEY_UPDATE_REQUESTED = b"\x18\x00\x00\x01\x00", b"\x18\x00\x00\x01\x01"
HELLO_REQUEST = b"\x00\x00\x00\x00"
CLOSE_NOTIFY, USER_CANCELED = b"\x01\x00", b"\x01\x5a"
AES_128 = 16   # bytes of a key

VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
FLOOD = 2000   # of what costs the receiver more than the sender

_crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_128_gcm", "EVP_aes_256_gcm"):
    getattr(_crypto, _name).restype = ctypes.c_void_p
_GET_TAG = 16   # EVP_CTRL_AEAD_GET_TAG


def seal_aes_gcm(key, nonce, text, extra):
    """The ciphertext with its tag."""
    context = ctypes.c_void_p(_crypto.EVP_CIPHER_CTX_new())
    cipher = ctypes.c_void_p(_crypto.EVP_aes_128_gcm() if len(key) == AES_128 else _crypto.EVP_aes_256_gcm())
    out, size, tag = ctypes.create_string_buffer(len(text) + 16), ctypes.c_int(), ctypes.create_string_buffer(16)
    try:
        assert _crypto.EVP_EncryptInit_ex(context, cipher, None, key, nonce) == 1
        assert _crypto.EVP_EncryptUpdate(context, None, ctypes.byref(size), extra, len(extra)) == 1
        if text:
            assert _crypto.EVP_EncryptUpdate(context, out, ctypes.byref(size), text, len(text)) == 1
        done = size.value if text else 0
        assert _crypto.EVP_EncryptFinal_ex(context, ctypes.byref(out, done), ctypes.byref(size)) == 1
        assert _crypto.EVP_CIPHER_CTX_ctrl(context, _GET_TAG, 16, tag) == 1
    finally:
        _crypto.EVP_CIPHER_CTX_free(context)
    return out.raw[:len(text)] + tag.raw


def expand_label(secret, label, size, digest):
    """HKDF-Expand-Label without a context (RFC 8446 7.1)."""
    name = b"tls13 " + label
    info, out, block = struct.pack("!HB", size, len(name)) + name + b"\x00", b"", b""
    for number in range(1, 1 + -(-size // hashlib.new(digest).digest_size)):
        block = hmac.new(secret, block + info + bytes([number]), digest).digest()
        out += block
    return out[:size]


def expand_master(secret, label, seed, size, digest):
    """The PRF of TLS 1.2 (RFC 5246 5)."""
    seed, out = label + seed, b""
    at = seed
    while len(out) < size:
        at = hmac.new(secret, at, digest).digest()
        out += hmac.new(secret, at + seed, digest).digest()
    return out[:size]


def logged_secret(path, label):
    for line in reversed(open(path, encoding="ascii").read().splitlines()):
        name, _, rest = line.partition(" ")
        if name == label:
            return bytes.fromhex(rest.split(" ")[1])
    raise AssertionError("no %s in the key log" % label)


class Forge:
    """Seals what one side sends, from its first record after the handshake on.

    `stream`: a TlsStream with a context that has `key_log` as its keylog_filename, after its handshake. `skip`: how many records
    this side has sent since (a server's tickets). The stream must send nothing itself any more; it may receive.
    """

    def __init__(self, stream, key_log, is_server=False, skip=0):
        self.raw = stream.raw
        name, _, bits = stream.tls.cipher()
        assert "GCM" in name, name
        self.size, self.digest = bits // 8, "sha384" if name.endswith("SHA384") else "sha256"
        self.is_13 = stream.tls.version() == "TLSv1.3"
        if self.is_13:
            self.secret = logged_secret(key_log, "%s_TRAFFIC_SECRET_0" % ("SERVER" if is_server else "CLIENT"))
            self._begin()
            self.number = skip
        else:
            client, server = stream.randoms()
            master = logged_secret(key_log, "CLIENT_RANDOM")
            block = expand_master(master, b"key expansion", server + client, 2 * self.size + 8, self.digest)
            keys, ivs = (block[:self.size], block[self.size:2 * self.size]), (block[-8:-4], block[-4:])
            self.key, self.iv = keys[is_server], ivs[is_server]
            self.number = 1 + skip   # the first one was Finished

    def _begin(self):
        self.key = expand_label(self.secret, b"key", self.size, self.digest)
        self.iv = expand_label(self.secret, b"iv", 12, self.digest)
        self.number = 0

    def record(self, kind, text, padding=0):
        number, self.number = struct.pack("!Q", self.number), self.number + 1
        if self.is_13:
            inner = text + bytes([kind]) + bytes(padding)
            head = struct.pack("!BHH", DATA, 0x0303, len(inner) + 16)
            nonce = bytes(a ^ b for a, b in zip(self.iv, bytes(4) + number))
            return head + seal_aes_gcm(self.key, nonce, inner, head)
        extra = number + struct.pack("!BHH", kind, 0x0303, len(text))
        sealed = seal_aes_gcm(self.key, self.iv + number, text, extra)
        return struct.pack("!BHH", kind, 0x0303, len(sealed) + 8) + number + sealed

    def data(self, text, at_most=1 << 14):
        """Records of at most so many bytes each."""
        return b"".join(self.record(DATA, text[at:at + at_most]) for at in range(0, len(text), at_most))

    def key_update(self, requested=False):
        """TLS 1.3: the next record has the next key."""
        out = self.record(HANDSHAKE, KEY_UPDATE_REQUESTED if requested else KEY_UPDATE)
        self.secret = expand_label(self.secret, b"traffic upd", len(self.secret), self.digest)
        self._begin()
        return out

    def close_notify(self):
        return self.record(ALERT, CLOSE_NOTIFY)

    def send(self, data):
        self.raw.sendall(data)


# What ends a connection, for whom it comes from a forge.
WRONG_RECORDS = {
    "too long": lambda forge: struct.pack("!BHH", DATA, 0x0303, (1 << 14) + 257) + bytes((1 << 14) + 257),
    "not sealed": lambda forge: struct.pack("!BHH", DATA, 0x0303, 20) + b"x" * 20,
    "sealed with another number": lambda forge: (forge.record(DATA, b"lost"), forge.data(b"GET "))[1],
    "of no kind": lambda forge: forge.record(99, b"x"),
    "of a handshake that has ended": lambda forge: forge.record(HANDSHAKE, b"\x14\x00\x00\x20" + bytes(32)),
    "a fatal alert": lambda forge: forge.record(ALERT, b"\x02\x28"),
    "half an alert": lambda forge: forge.record(ALERT, b"\x01"),
    "in clear": lambda forge: b"GET /clear HTTP/1.1\r\nHost: api.test\r\n\r\n",
}
