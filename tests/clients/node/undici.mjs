// undici, Node's other client: fetch, pools, pipelining.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { Agent, Client, Pool, fetch, request as ask } from 'undici'
import { DATA, digest, inPieces, next, sha256, whole } from './tools.mjs'

export async function fetch_gets_and_posts ({ upstream, base, headers }) {
  upstream.on('request', digest)
  const got = await (await fetch(base, { headers })).json()
  assert.deepEqual([got.method, got.account, got.authorization, got.size], ['GET', 'gacct_valid', undefined, 0])
  const posted = await (await fetch(base, { headers, method: 'POST', body: DATA })).json()
  assert.deepEqual([posted.method, posted.sha256], ['POST', sha256(DATA)])
}

export async function fetch_is_refused_without_a_token ({ upstream, base }) {
  upstream.on('request', () => assert.fail('this must not reach the upstream'))
  const answer = await fetch(base, { method: 'POST', body: 'x' })
  assert.equal(answer.status, 401)
  assert.equal((await answer.json()).error.status, 401)
}

export async function fetch_streams_both_ways_at_once ({ upstream, base, headers }) {
  upstream.on('request', (request, response) => request.pipe(response))
  const answer = await fetch(base, { headers, method: 'POST', body: Readable.from(inPieces()), duplex: 'half' })
  assert.equal(sha256(await whole(answer.body)), sha256(DATA))
}

export async function a_request_with_a_stream_as_body ({ upstream, base, headers }) {
  upstream.on('request', digest)
  const { statusCode, body } = await ask(base, { headers, method: 'PUT', body: Readable.from(inPieces(7777)) })
  const told = await body.json()
  assert.deepEqual([statusCode, told.coding, told.size, told.sha256], [200, 'chunked', DATA.length, sha256(DATA)])
}

export async function ten_are_pipelined ({ upstream, base, headers }) {
  let connections = 0
  upstream.on('connection', () => ++connections)
  upstream.on('request', (request, response) => {
    const size = Number(request.url.slice(1))
    response.writeHead(size % 7 === 3 ? 404 : 200)
    setTimeout(() => response.end(DATA.subarray(0, size)), size % 5 === 0 ? 20 : 0) // some answers come late
  })
  const client = new Client(base, { pipelining: 10 })
  const asked = Array.from({ length: 100 }, (_, i) => client.request({ path: `/${i}`, method: 'GET', headers })
    .then(async ({ statusCode, body }) => {
      assert.equal(statusCode, i % 7 === 3 ? 404 : 200)
      assert.deepEqual(Buffer.from(await body.arrayBuffer()), DATA.subarray(0, i))
      return i
    }))
  assert.deepEqual(await Promise.all(asked), Array.from({ length: 100 }, (_, i) => i))
  await client.close()
}

export async function pipelined_large_answers_keep_their_order ({ upstream, base, headers }) {
  upstream.on('request', (request, response) => Readable.from(inPieces()).pipe(response))
  const client = new Client(base, { pipelining: 10 })
  const asked = Array.from({ length: 10 }, () => client.request({ path: '/', method: 'GET', headers }))
  for (const one of asked) assert.equal(sha256(await whole((await one).body)), sha256(DATA))
  await client.close()
}

export async function an_abort_in_the_middle_reaches_the_upstream ({ upstream, base, headers }) {
  const gone = new Promise(resolve => upstream.on('request', (request, response) => {
    if (request.url !== '/endless') return digest(request, response)
    response.on('close', resolve)
    const write = () => { while (response.write(DATA)); response.once('drain', write) }
    write()
  }))
  const pool = new Pool(base, { connections: 1 })
  const control = new AbortController()
  const { body } = await pool.request({ path: '/endless', method: 'GET', headers, signal: control.signal })
  await next(body, 'data')
  control.abort()
  await assert.rejects(whole(body), { name: 'AbortError' })
  await gone
  const after = await pool.request({ path: '/', method: 'POST', headers, body: DATA })
  assert.equal((await after.body.json()).sha256, sha256(DATA))
}

export async function an_aborted_upload_reaches_the_upstream ({ upstream, base, headers }) {
  const aborted = new Promise(resolve => upstream.on('request', request => {
    request.resume()
    request.on('error', resolve)
  }))
  const control = new AbortController()
  async function * half () {
    yield DATA.subarray(0, 1 << 20)
    await once(upstream, 'request')
    control.abort()
    yield DATA
  }
  await assert.rejects(ask(base, { headers, method: 'POST', body: Readable.from(half()), signal: control.signal }))
  assert.equal((await aborted).code, 'ECONNRESET')
}

export async function trailers_arrive ({ upstream, base, headers }) {
  upstream.on('request', (request, response) => {
    response.writeHead(200, { trailer: 'x-sum' })
    response.write(DATA)
    response.addTrailers({ 'X-Sum': sha256(DATA) })
    response.end()
  })
  const { body, trailers } = await ask(base, { headers: { ...headers, te: 'trailers' } })
  assert.equal(sha256(await whole(body)), sha256(DATA))
  assert.deepEqual({ ...trailers }, { 'x-sum': sha256(DATA) })
}

export async function early_hints_are_passed_on ({ upstream, base, headers }) {
  upstream.on('request', (request, response) => {
    response.writeEarlyHints({ link: '</a.css>; rel=preload' })
    response.end('hinted')
  })
  const hints = []
  const { statusCode, body } = await ask(base, { headers, onInfo: hint => hints.push(hint) })
  assert.deepEqual([statusCode, await body.text()], [200, 'hinted'])
  assert.deepEqual(hints.map(h => [h.statusCode, h.headers.link]), [[103, '</a.css>; rel=preload']])
}

export async function head_and_bodiless_answers_leave_the_connection_whole ({ upstream, base, headers }) {
  upstream.on('request', (request, response) => {
    response.writeHead(Number(request.url.slice(1)), { 'x-method': request.method })
    response.end(request.url === '/200' ? DATA : '')
  })
  const client = new Client(base)
  for (const [method, path] of [['HEAD', '/200'], ['GET', '/204'], ['GET', '/304'], ['HEAD', '/404'], ['GET', '/200']]) {
    const { statusCode, headers: fields, body } = await client.request({ method, path, headers })
    const bytes = await whole(body)
    assert.deepEqual([statusCode, fields['x-method'], bytes.length], [Number(path.slice(1)), method, path === '/200' && method === 'GET' ? DATA.length : 0])
  }
  await client.close()
}

export async function many_at_once ({ upstream, base, headers }) {
  upstream.on('request', digest)
  const dispatcher = new Agent({ connections: 20 })
  await Promise.all(Array.from({ length: 500 }, async (_, i) => {
    const body = DATA.subarray(0, i * 40)
    const answer = await ask(base, { dispatcher, headers, method: 'POST', body })
    assert.equal((await answer.body.json()).sha256, sha256(body))
  }))
}
