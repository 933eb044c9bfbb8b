// What this page asks of its own sidecar. The admin token is kept in this variable alone: no cookie, no storage.

let token = ''

export const has_token = () => token !== ''

// A field has no other characters; the browser would refuse the request for a reason that helps nobody.
export function set_token(text) {
  const pasted = text.trim()
  token = ''
  if (/[^\x21-\x7e]/.test(pasted))
    throw new Problem(0, 'The token has a space or a character that no admin token has: copy it once more.')
  token = pasted
}

const patience = 5000 // milliseconds, of what is asked for again and again
const patience_of_action = 60000

// Why a request was refused or could not be made, in words for people. `status`: 0 if there was no answer.
export class Problem extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

async function problem_of(response) {
  const words = await response.text().catch(() => '')
  try {
    const { error } = JSON.parse(words)
    const further = (error.details?.problems ?? []).map(each => '\n' + each).join('')
    return new Problem(response.status, error.message + further)
  } catch {
    return new Problem(response.status, words.trim() || 'The sidecar answered ' + response.status + '.')
  }
}

// An answer that breaks off or comes too late is none.
function problem_without_answer(error) {
  const is_late = error.name === 'TimeoutError'
  return new Problem(0, is_late ? 'The sidecar did not answer in time.' : 'The sidecar cannot be reached.')
}

async function ask(method, path, body, limit) {
  const used = token
  const headers = used ? { Authorization: 'Bearer ' + used } : {}
  const signal = AbortSignal.timeout(limit)
  const text = body === undefined ? undefined : JSON.stringify(body)
  try {
    const how = { method, headers, body: text, cache: 'no-store', credentials: 'omit', redirect: 'error', signal }
    const response = await fetch(path, how)
    if (!response.ok) throw await problem_of(response)
    const answer = await response.json()
    if (used && used !== token) throw new Problem(0, 'The token has been forgotten.')
    return answer
  } catch (error) {
    throw error instanceof Problem ? error : problem_without_answer(error)
  }
}

export const get = path => ask('GET', path, undefined, patience)
export const act = (method, path, body) => ask(method, path, body, patience_of_action)
