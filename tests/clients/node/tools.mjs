// What the tests share.
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'

export const DATA = randomBytes(10 << 20)
export const sha256 = data => createHash('sha256').update(data).digest('hex')

// The whole of a stream.
export async function whole (stream) {
  const pieces = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}

// Answers each request with what came: method, account, framing, size and SHA-256 of the body.
export async function digest (request, response) {
  const body = await whole(request)
  response.end(JSON.stringify({
    method: request.method,
    account: request.headers['x-gate-account-id'],
    authorization: request.headers.authorization,
    coding: request.headers['transfer-encoding'],
    size: body.length,
    sha256: sha256(body)
  }))
}

// DATA in pieces, as fast as they are taken.
export async function * inPieces (size = 100_000) {
  for (let at = 0; at < DATA.length; at += size) yield DATA.subarray(at, at + size)
}

// The next event of that name; its first argument.
export const next = async (emitter, name) => (await once(emitter, name))[0]
