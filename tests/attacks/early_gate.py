"""A Gate that answers what it has not been asked: `early_gate.py MODE [CERTIFICATE KEY [TLS_VERSION]]`.

    before       an answer on every new connection, before its request; none is kept
    after:DELAY  a second answer after each, DELAY seconds later, on connections that are kept

A token `agt_N` is vouched for as gacct_N; each answer that nobody asked for names an account of its own, gacct_evil_N.
One thread, so that hardly any time passes between its look for a request and the answer that it sends if there is none.
Prints its port; when its input ends, a line of JSON: how many it has sent unasked, which of them crossed a request, and
how many requests came after another one of them.
"""
import array
import asyncio
import fcntl
import json
import ssl
import sys
import termios


def answer(account):
    body = json.dumps({"data": {"valid": True, "gate_account_id": account}}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


class EarlyGate(asyncio.Protocol):
    mode, delay = "before", 0.0
    sent, crossed, asked_after = 0, [], 0

    def connection_made(self, transport):
        self.transport, self.buffer, self.served, self.is_noisy = transport, b"", 0, False
        if self.mode == "before":
            self.say_unasked(0)

    def data_received(self, data):
        self.buffer += data
        head, found, rest = self.buffer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]) if found else 0
        if not found or len(rest) < length:
            return
        self.buffer = rest[length:]
        self.served += 1
        EarlyGate.asked_after += self.is_noisy
        self.transport.write(answer("gacct_" + json.loads(rest[:length])["agent_token"][4:]))
        if self.mode == "before":
            self.transport.close()
        elif self.delay:
            asyncio.get_running_loop().call_later(self.delay, self.say_unasked, self.served)
        else:
            self.say_unasked(self.served)

    def has_request(self):
        waiting = array.array("i", [0])
        fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), termios.FIONREAD, waiting)
        return waiting[0] > 0 or self.buffer

    def say_unasked(self, served):
        if self.transport.is_closing() or self.served != served or self.has_request():
            return
        EarlyGate.sent += 1
        self.transport.write(answer("gacct_evil_%d" % EarlyGate.sent))
        # One that arrives together with the request might be its answer, as far as anybody can tell.
        if not self.transport.is_closing() and self.has_request():
            EarlyGate.crossed.append("gacct_evil_%d" % EarlyGate.sent)
        else:
            self.is_noisy = True


async def serve(mode, certificate=None, key=None, version=None):
    EarlyGate.mode, _, delay = mode.partition(":")
    EarlyGate.delay = float(delay or 0)
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        if version:
            context.maximum_version = ssl.TLSVersion[version]
    loop = asyncio.get_running_loop()
    server = await loop.create_server(EarlyGate, "127.0.0.1", 0, ssl=context)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(json.dumps({"sent": EarlyGate.sent, "crossed": EarlyGate.crossed, "asked_after": EarlyGate.asked_after}), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
