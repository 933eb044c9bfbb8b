// What needs the admin token.
import { strict as assert } from 'node:assert'
import { appendFile } from 'node:fs/promises'
import { ask, bearer, plain, send, unlock, wait_for_text } from './tools.mjs'

const rows = page => page.locator('#refusal-rows tr')

export async function a_refused_request_appears_and_is_found ({ open, proxy, token, account, admin_token }) {
  const page = await open()
  await ask(proxy, '/allowed', bearer(token))
  await ask(proxy, '/other', { 'X-Request-Id': 'not-this-one' })
  await ask(proxy, '/refused/here', { ...bearer('agt_nobody_knows_it'), 'X-Request-Id': 'find-me-4711' })
  await unlock(page, admin_token)
  await wait_for_text(page, '#refusal-rows', /find-me-4711/)
  assert.equal(await rows(page).count(), 2)
  assert.equal((await rows(page).allTextContents()).join().includes(account), false)
  await page.getByLabel('Search').first().fill('4711 invalid')
  assert.equal(await rows(page).count(), 1)
  const text = await rows(page).first().textContent()
  for (const part of ['401', 'token_invalid', 'The agent token is not valid.', 'GET /refused/here', '127.0.0.1', 'find-me-4711'])
    assert.ok(text.includes(part), `${part} in ${text}`)
  assert.match(text, /[0-9a-f]{12}/)
  assert.equal(await page.locator('#refusals-count').textContent(), '1 of 2 refusals')
  const time = rows(page).first().locator('time')
  assert.match(await time.getAttribute('title'), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/)
  assert.match(plain(await time.textContent()), /^(just now|\d+ s ago)$/)
  await page.getByLabel('Search').first().fill('nothing like it')
  assert.equal(await rows(page).count(), 0)
  await page.getByText('None of them matches.').waitFor()
}

export async function a_part_of_a_refusal_is_searched_for_with_a_click ({ open, proxy, admin_token }) {
  const page = await open()
  await ask(proxy, '/one')
  await ask(proxy, '/two', bearer('agt_nobody_knows_it'))
  await unlock(page, admin_token)
  await page.getByRole('button', { name: 'token_missing' }).click()
  assert.equal(await page.locator('#search').inputValue(), 'token_missing')
  assert.equal(await rows(page).count(), 1)
}

// What strangers write into paths, ids and accounts stays text; so do strings of the configuration.
export async function hostile_texts_stay_texts ({ open, proxy, token, account, hostile, admin_token, admin }) {
  const page = await open()
  await ask(proxy, '/', bearer(token))
  await fetch(admin + '/block', { method: 'POST', headers: bearer(admin_token), body: JSON.stringify({ account }) })
  assert.equal(await ask(proxy, '/x', { ...bearer(token), 'X-Request-Id': hostile.id }), 403)
  const answer = await send(proxy, `GET ${hostile.path} HTTP/1.1\r\nHost: api\r\n\r\n`)
  assert.match(answer, /^HTTP\/1.1 4/)
  await unlock(page, admin_token)
  await wait_for_text(page, '#refusal-rows', /account_blocked/)
  await wait_for_text(page, '#config-rows', /discovery\.name/)
  const shown = await page.locator('#locked').textContent()
  assert.ok(shown.includes(account), 'the account is shown as it is')
  assert.ok(shown.includes(hostile.path), 'so is the path')
  assert.ok(shown.includes(hostile.name), 'and the configuration')
  assert.equal(await page.locator('#locked').locator('img, script, iframe, object, b, style').count(), 0)
  assert.equal(await page.evaluate(() => window.has_been_run), undefined)
}

export async function revoking_works_and_says_so ({ open, proxy, token, admin_token }) {
  const page = await open()
  assert.equal(await ask(proxy, '/', bearer(token)), 200)
  await unlock(page, admin_token)
  await page.getByLabel('Agent token').fill(token)
  await page.getByRole('button', { name: 'Revoke' }).click()
  assert.match(await wait_for_text(page, '#revoke output', /fingerprint/),
    /^The token with fingerprint [0-9a-f]{12} is revoked at Gate and here, and its streams have ended\.$/)
  assert.equal(await page.getByLabel('Agent token').inputValue(), '')
  assert.equal(await ask(proxy, '/', bearer(token)), 401)
  await wait_for_text(page, '#refusal-rows', /token_revoked/)
}

export async function what_cannot_be_done_is_said_too ({ open, admin_token, complaints }) {
  complaints.allow(/status of 4\d\d/)
  const page = await open()
  await unlock(page, admin_token)
  await page.getByLabel('Agent token').fill('not a token')
  await page.getByRole('button', { name: 'Revoke' }).click()
  await wait_for_text(page, '#revoke output.bad', /The body must be/)
  await page.getByLabel('Account', { exact: true }).fill('gacct_nobody')
  await page.getByRole('button', { name: 'Unblock' }).click()
  await wait_for_text(page, '#block output.bad', /not blocked here/)
}

export async function blocking_and_unblocking ({ open, proxy, token, account, admin_token }) {
  const page = await open()
  assert.equal(await ask(proxy, '/', bearer(token)), 200)
  await unlock(page, admin_token)
  await page.getByLabel('Account', { exact: true }).fill(account)
  await page.locator('#block-for').fill('1h')
  await page.getByRole('button', { name: 'Block', exact: true }).click()
  await wait_for_text(page, '#block output.good', /is blocked until \d{4}-/)
  assert.equal(await ask(proxy, '/', bearer(token)), 403)
  await wait_for_text(page, '#blocked', /gacct_/)
  await page.getByRole('button', { name: 'Unblock' }).click()
  await wait_for_text(page, '#block output.good', /is not blocked any more/)
  assert.equal(await ask(proxy, '/', bearer(token)), 200)
  await wait_for_text(page, '#blocked', /None/)
}

// By somebody else, so that there are as many as before.
export async function a_block_in_place_of_another_is_shown ({ open, admin, admin_token }) {
  const page = await open()
  const order = async (what, body) => {
    const answer = await fetch(admin + what, { method: 'POST', headers: bearer(admin_token), body: JSON.stringify(body) })
    assert.equal(answer.status, 200)
  }
  await order('/block', { account: 'gacct_first' })
  await wait_for_text(page, '#process', /Accounts blocked\s*1/)
  await unlock(page, admin_token)
  await wait_for_text(page, '#blocked', /gacct_first/)
  await Promise.all([order('/block', { account: 'gacct_second' }), order('/unblock', { account: 'gacct_first' })])
  await wait_for_text(page, '#blocked', /^(?!.*gacct_first).*gacct_second/s)
}

export async function purging ({ open, proxy, token, admin_token }) {
  const page = await open()
  await ask(proxy, '/', bearer(token))
  await unlock(page, admin_token)
  await page.getByLabel('Of', { exact: true }).selectOption('all')
  assert.equal(await page.locator('#purge-of').isDisabled(), true)
  await page.getByRole('button', { name: 'Forget', exact: true }).click()
  await wait_for_text(page, '#purge output.good', /1 answer is forgotten: Gate is asked again/)
}

export async function the_log_level_and_a_reload ({ open, admin_token, account }) {
  const page = await open()
  await unlock(page, admin_token)
  await page.getByLabel('Level').selectOption('debug')
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await wait_for_text(page, '#level output.good', /The level is debug until \d{4}-/)
  await page.getByLabel('Only of').fill(account)
  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await wait_for_text(page, '#level output.good', /Every request of gacct_.* is logged until/)
  await page.getByRole('button', { name: 'Reload' }).click()
  await wait_for_text(page, '#reload output.good', /Reloaded, generation 1: nothing had changed/)
}

export async function the_configuration_is_shown_with_its_sources ({ open, admin_token }) {
  const page = await open()
  await unlock(page, admin_token)
  await wait_for_text(page, '#config-rows', /admin\.token_file|admin_token/)
  const shown = await page.locator('#config-rows').textContent()
  assert.match(shown, /secret_keysecretset, not shown/)
  assert.match(shown, /listener\.address/)
  assert.equal(shown.includes(admin_token), false)
  assert.equal(shown.includes('cache.ttl'), false)
  await page.getByLabel('Without defaults').uncheck()
  await page.locator('#config-search').fill('cache.ttl')
  await wait_for_text(page, '#config-rows', /cache\.ttl.*60s.*default/)
}

export async function a_reload_that_was_refused_is_shown_without_being_asked_for ({ open, file, admin_token }) {
  const page = await open()
  await unlock(page, admin_token)
  await wait_for_text(page, '#config-about', /generation 1|\.yaml/)
  await appendFile(file, '\nno_such_option: 1\n')
  await wait_for_text(page, '#config-about', /the last reload was refused: .*no_such_option/)
}

export async function a_token_that_no_field_may_have_is_said_to_be_none ({ open, admin_token }) {
  const page = await open()
  await page.getByLabel('Admin token', { exact: true }).fill('t\u00f6ken\u2026')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await wait_for_text(page, '#token-text.bad', /a character that no admin token has: copy it once more/)
  await unlock(page, admin_token)
}

export async function a_wrong_token_is_said_to_be_wrong ({ open, admin_token, complaints }) {
  complaints.allow(/status of 401/)
  const page = await open()
  await page.getByLabel('Admin token', { exact: true }).fill('this-is-not-the-admin-token')
  await page.getByRole('button', { name: 'Show', exact: true }).click()
  await wait_for_text(page, '#token-text.bad', /This is not the admin token of this sidecar/)
  assert.equal(await page.getByLabel('Agent token').isDisabled(), true)
  await unlock(page, admin_token)
}

// In the memory of the page alone, and gone with it.
export async function the_token_is_kept_nowhere ({ open, proxy, admin_token }) {
  const page = await open()
  await ask(proxy, '/refused')
  await unlock(page, admin_token)
  await wait_for_text(page, '#refusal-rows', /token_missing/)
  assert.deepEqual(await page.context().cookies(), [])
  assert.deepEqual(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, ''])
  assert.equal((await page.content()).includes(admin_token), false)
  assert.equal(await page.locator('#token').inputValue(), '')
  await page.getByRole('button', { name: 'Forget the token' }).click()
  assert.equal(await rows(page).count(), 0)
  assert.equal(await page.locator('#config-rows tr').count(), 0)
  assert.equal(await page.getByLabel('Agent token').isDisabled(), true)
  await page.reload()
  await wait_for_text(page, '#link-text', /live/)
  assert.equal(await rows(page).count(), 0)
}
