"""Upstreams of other people's making, each in a thread with an event loop of its own."""
import asyncio
import threading

import websockets
from aiohttp import web


class Looped:
    """A server whose coroutines run in a thread of its own; it sets `port`."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine, within=60):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(within)

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.port

    def end(self):
        self.run(self._finish_tasks())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(60)

    async def _finish_tasks(self):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class AiohttpServer(Looped):
    """aiohttp's server. `connections` counts the connections that it has taken."""

    def __init__(self, routes):
        super().__init__()
        self.connections = 0
        app = web.Application(client_max_size=1 << 30)
        for path, handler in routes.items():
            app.router.add_route("*", path, handler)
        self._runner = web.AppRunner(app)
        self.port = self.run(self._start())

    async def _start(self):
        await self._runner.setup()
        serve = self._runner.server

        def counted():
            self.connections += 1
            return serve()
        self._server = await self.loop.create_server(counted, "127.0.0.1", 0, backlog=4096)
        return self._server.sockets[0].getsockname()[1]

    def stop(self):
        async def stop():
            self._server.close()
            await self._runner.cleanup()
        self.run(stop())
        self.end()


class WebSocketServer(Looped):
    """The server of the websockets library; `handler(connection)` serves each connection."""

    def __init__(self, handler, **options):
        super().__init__()

        async def start():
            return await websockets.serve(handler, "127.0.0.1", 0, max_size=1 << 26, **options)
        self._server = self.run(start())
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self):
        async def stop():
            self._server.close()
            await self._server.wait_closed()
        self.run(stop())
        self.end()
