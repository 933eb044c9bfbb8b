// ws on both sides.
import assert from 'node:assert/strict'
import { WebSocket, WebSocketServer } from 'ws'
import { DATA, next } from './tools.mjs'
import { once } from 'node:events'

function echo (upstream, options = {}) {
  const server = new WebSocketServer({ server: upstream, ...options })
  server.on('connection', socket => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })))
  return server
}

async function connect ({ base, headers }, protocols = [], options = {}) {
  const socket = new WebSocket(base.replace('http', 'ws'), protocols, { headers, ...options })
  await once(socket, 'open')
  return socket
}

export async function messages_of_every_size_come_back (test) {
  echo(test.upstream)
  const socket = await connect(test)
  for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20, 10 << 20]) {
    socket.send(DATA.subarray(0, size))
    const [data, isBinary] = await once(socket, 'message')
    assert.ok(isBinary && data.equals(DATA.subarray(0, size)))
  }
  socket.send('tëxt')
  const [data, isBinary] = await once(socket, 'message')
  assert.deepEqual([data.toString(), isBinary], ['tëxt', false])
  socket.close()
  assert.equal(await next(socket, 'close'), 1005)
}

export async function fragments_make_one_message (test) {
  echo(test.upstream)
  const socket = await connect(test, [], { perMessageDeflate: false })
  for (let at = 0; at < 1 << 20; at += 1 << 16) socket.send(DATA.subarray(at, at + (1 << 16)), { fin: at + (1 << 16) === 1 << 20 })
  assert.ok((await next(socket, 'message')).equals(DATA.subarray(0, 1 << 20)))
  socket.terminate()
}

export async function ping_and_pong_pass_both_ways (test) {
  const server = echo(test.upstream)
  const connected = next(server, 'connection')
  const socket = await connect(test)
  socket.ping('to the server')
  assert.equal((await next(socket, 'pong')).toString(), 'to the server')
  const peer = await connected
  peer.ping('to the client')
  assert.equal((await next(peer, 'pong')).toString(), 'to the client')
  socket.terminate()
}

export async function close_codes_pass_both_ways (test) {
  const server = echo(test.upstream)
  for (const closing of ['client', 'server']) {
    const connected = next(server, 'connection')
    const client = await connect(test)
    const peer = await connected
    const [first, second] = closing === 'client' ? [client, peer] : [peer, client]
    first.close(4321, `the ${closing} says so`)
    const [code, reason] = await once(second, 'close')
    assert.deepEqual([code, reason.toString()], [4321, `the ${closing} says so`])
  }
}

export async function the_server_chooses_the_subprotocol (test) {
  echo(test.upstream, { handleProtocols: offered => offered.has('superchat') && 'superchat' })
  const socket = await connect(test, ['chat', 'superchat'])
  assert.equal(socket.protocol, 'superchat')
  socket.terminate()
}

export async function compression_is_agreed_on_end_to_end (test) {
  echo(test.upstream, { perMessageDeflate: { threshold: 0 } })
  const socket = await connect(test, [], { perMessageDeflate: { threshold: 0 } })
  assert.match(socket.extensions, /permessage-deflate/)
  const text = 'a'.repeat(1 << 20)
  socket.send(text)
  assert.equal((await next(socket, 'message')).toString(), text)
  assert.ok(socket._socket.bytesRead < 20000, `${socket._socket.bytesRead} bytes came`)
  socket.terminate()
}

export async function a_stranger_is_refused (test) {
  const server = echo(test.upstream)
  server.on('connection', () => assert.fail('this must not reach the upstream'))
  const socket = new WebSocket(test.base.replace('http', 'ws'))
  const [, response] = await once(socket, 'unexpected-response')
  assert.equal(response.statusCode, 401)
  response.destroy()
}

// Waits until a value has not changed for half a second.
async function standstill (value) {
  for (let before = -1, quiet = 0; quiet < 10; ++quiet) {
    if (value() !== before) quiet = 0
    before = value()
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

export async function what_is_not_read_holds_the_sender_back (test) {
  const server = echo(test.upstream)
  const connected = next(server, 'connection')
  const socket = await connect(test, [], { perMessageDeflate: false })
  const peer = await connected
  let got = 0
  socket.pause()
  for (let i = 0; i < 8; ++i) peer.send(DATA)
  socket.on('message', data => { got += Number(data.equals(DATA)) })
  await standstill(() => peer.bufferedAmount)
  // 80 MB do not fit into the sockets and a bounded proxy between the two.
  assert.ok(peer.bufferedAmount > DATA.length, `only ${peer.bufferedAmount} bytes wait`)
  socket.resume()
  while (got < 8) await next(socket, 'message')
  socket.terminate()
}
