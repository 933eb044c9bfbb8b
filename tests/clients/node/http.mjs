// Node's own http client.
import assert from 'node:assert/strict'
import http from 'node:http'
import { once } from 'node:events'
import { DATA, digest, next, sha256, whole } from './tools.mjs'

export async function connections_are_kept ({ upstream, base, headers }) {
  upstream.on('request', digest)
  let connections = 0
  upstream.on('connection', () => ++connections)
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  for (let i = 0; i < 20; ++i) {
    const request = http.request(base, { agent, headers, method: 'POST' })
    request.end(DATA.subarray(0, i * 5000))
    const answer = JSON.parse(await whole(await next(request, 'response')))
    assert.equal(answer.sha256, sha256(DATA.subarray(0, i * 5000)))
    assert.equal(answer.account, 'gacct_valid')
    assert.equal(answer.authorization, undefined)
    assert.equal(request.reusedSocket, i > 0)
  }
  assert.equal(connections, 1)
}

export async function expect_100_comes_from_the_upstream ({ upstream, base, headers }) {
  let asked = 0
  upstream.on('checkContinue', (request, response) => {
    ++asked
    response.writeContinue()
    digest(request, response)
  })
  const request = http.request(base, { method: 'POST', headers: { ...headers, expect: '100-continue', 'content-length': DATA.length } })
  request.flushHeaders()
  await once(request, 'continue')
  assert.equal(asked, 1)
  request.end(DATA)
  assert.equal(JSON.parse(await whole(await next(request, 'response'))).sha256, sha256(DATA))
}

export async function the_upstream_refuses_instead_of_100 ({ upstream, base, headers }) {
  upstream.on('checkContinue', (request, response) => response.writeHead(417, { connection: 'close' }).end('not so much'))
  const request = http.request(base, { method: 'POST', headers: { ...headers, expect: '100-continue', 'content-length': DATA.length } })
  request.on('continue', () => assert.fail('nobody said 100'))
  request.on('error', () => {}) // of the unsent body
  request.flushHeaders()
  const response = await next(request, 'response')
  assert.equal(response.statusCode, 417)
  assert.equal((await whole(response)).toString(), 'not so much')
  request.destroy()
}

export async function a_stranger_is_refused_instead_of_100 ({ upstream, base }) {
  upstream.on('checkContinue', () => assert.fail('this must not reach the upstream'))
  const request = http.request(base, { method: 'POST', headers: { expect: '100-continue', 'content-length': DATA.length } })
  request.on('continue', () => assert.fail('nobody said 100'))
  request.on('error', () => {}) // of the unsent body
  request.flushHeaders()
  const response = await next(request, 'response')
  assert.equal(response.statusCode, 401)
  assert.match((await whole(response)).toString(), /"error"/)
  request.destroy()
}

export async function early_hints_are_passed_on ({ upstream, base, headers }) {
  upstream.on('request', (request, response) => {
    response.writeEarlyHints({ link: ['</a.css>; rel=preload', '</b.css>; rel=preload'] })
    response.end('hinted')
  })
  const request = http.get(base, { headers })
  const hints = []
  request.on('information', hint => hints.push(hint))
  assert.equal((await whole(await next(request, 'response'))).toString(), 'hinted')
  assert.deepEqual(hints.map(h => [h.statusCode, h.headers.link]), [[103, '</a.css>; rel=preload, </b.css>; rel=preload']])
}

export async function trailers_arrive ({ upstream, base, headers }) {
  upstream.on('request', (request, response) => {
    response.writeHead(200, { trailer: 'x-sum' })
    response.write('body')
    response.addTrailers({ 'X-Sum': sha256('body') })
    response.end()
  })
  const response = await next(http.get(base, { headers: { ...headers, te: 'trailers', connection: 'te' } }), 'response')
  assert.equal((await whole(response)).toString(), 'body')
  assert.deepEqual({ ...response.trailers }, { 'x-sum': sha256('body') })
}

export async function trailers_of_a_request_are_dropped ({ upstream, base, headers }) {
  upstream.on('request', async (request, response) => {
    const body = await whole(request)
    response.end(JSON.stringify([body.toString(), request.trailers, request.headers['x-sum'] ?? null]))
  })
  const request = http.request(base, { method: 'POST', headers: { ...headers, trailer: 'x-sum', 'transfer-encoding': 'chunked' } })
  request.write('body')
  request.addTrailers({ 'X-Sum': '1', 'X-Gate-Account-Id': 'forged' })
  request.end()
  assert.deepEqual(JSON.parse(await whole(await next(request, 'response'))), ['body', {}, null])
}
