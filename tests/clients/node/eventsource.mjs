// eventsource: Server-Sent Events.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import EventSource from 'eventsource'
import { next } from './tools.mjs'

const STREAM = { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' }

export async function each_event_is_seen_before_the_next_is_sent ({ upstream, base, headers }) {
  const source = new EventSource(base, { headers })
  const [, response] = await once(upstream, 'request')
  response.writeHead(200, STREAM)
  response.flushHeaders()
  await once(source, 'open')
  for (let i = 0; i < 200; ++i) {
    const text = `event ${i} ` + 'ü'.repeat(i)
    response.write(`id: ${i}\ndata: ${text}\ndata: second line\n\n`)
    const event = await next(source, 'message')
    assert.deepEqual([event.data, event.lastEventId], [`${text}\nsecond line`, String(i)])
  }
  source.close()
  const beat = setInterval(() => response.write(': still there\n\n'), 10)
  await once(response, 'close')
  clearInterval(beat)
}

export async function a_silent_stream_that_is_given_up_ends_at_the_upstream ({ upstream, base, headers }) {
  const source = new EventSource(base, { headers })
  const [, response] = await once(upstream, 'request')
  response.writeHead(200, STREAM)
  response.write('data: the only one\n\n')
  await once(source, 'message')
  source.close()
  const late = setTimeout(() => assert.fail('the upstream has not been told'), 10_000)
  await once(response, 'close')
  clearTimeout(late)
}

export async function a_broken_stream_goes_on_where_it_ended ({ upstream, base, headers }) {
  const asked = []
  upstream.on('request', (request, response) => {
    const from = Number(request.headers['last-event-id'] ?? -1) + 1
    asked.push(from)
    response.writeHead(200, STREAM)
    const events = Array.from({ length: 5 }, (_, i) => `id: ${from + i}\nevent: tick\ndata: ${from + i}\n\n`)
    // Every other stream breaks off: all events, but not the last chunk.
    response.write('retry: 10\n\n' + events.join(''), () => from % 10 === 0 ? response.end() : response.destroy())
  })
  const source = new EventSource(base, { headers })
  const got = []
  await new Promise(resolve => source.addEventListener('tick', event => {
    got.push(Number(event.data))
    if (got.length === 50) resolve()
  }))
  source.close()
  assert.deepEqual(got, Array.from({ length: 50 }, (_, i) => i))
  assert.deepEqual(asked.slice(0, 10), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45])
}

export async function a_stranger_is_refused ({ upstream, base }) {
  upstream.on('request', () => assert.fail('this must not reach the upstream'))
  const source = new EventSource(base)
  assert.equal((await next(source, 'error')).status, 401)
}
