// What the tests share.
import http from 'node:http'
import net from 'node:net'

const agent = new http.Agent({ keepAlive: true, maxSockets: 8 })

// One request through the proxy; its status.
export function ask (proxy, path, headers = {}) {
  return new Promise((resolve, reject) => {
    http.get(proxy + path, { headers, agent }, response => {
      response.resume()
      response.on('end', () => resolve(response.statusCode))
      response.on('error', reject)
    }).on('error', reject)
  })
}

export const bearer = token => ({ Authorization: `Bearer ${token}` })

// Bytes as they are, and what comes back until the end.
export function send (proxy, bytes) {
  const { hostname, port } = new URL(proxy)
  return new Promise((resolve, reject) => {
    let answer = ''
    const socket = net.connect(Number(port), hostname, () => socket.end(bytes))
    socket.setEncoding('latin1')
    socket.on('data', data => { answer += data })
    socket.on('error', reject)
    socket.on('close', () => resolve(answer))
  })
}

// Requests until `work` has ended: good ones, and one in ten without a token.
export async function under_load ({ proxy, token }, work) {
  let goes_on = true
  const caller = async number => {
    for (let at = number; goes_on; ++at) await ask(proxy, `/load/${number}`, at % 10 === 0 ? {} : bearer(token))
  }
  const callers = [0, 1, 2, 3].map(caller)
  try {
    return await work()
  } finally {
    goes_on = false
    await Promise.all(callers)
  }
}

export async function unlock (page, admin_token) {
  await page.getByLabel('Admin token', { exact: true }).fill(admin_token)
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await page.getByRole('button', { name: 'Forget the token' }).waitFor()
}

// The text of an element, once it is like `pattern`.
export async function wait_for_text (page, selector, pattern) {
  const given = [selector, pattern.source, pattern.flags]
  await page.waitForFunction(([at, source, flags]) => new RegExp(source, flags).test(document.querySelector(at)?.textContent ?? ''), given)
  return page.locator(selector).first().textContent()
}

export const legend = (chart, entry) => `#charts > :nth-child(${chart}) .legend dl > :nth-child(${entry}) dd`

// Numbers have thin spaces, which do not break.
export const plain = text => text.replaceAll('\u202F', ' ')
