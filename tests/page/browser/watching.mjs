// What everybody sees who reaches the admin listener.
import { strict as assert } from 'node:assert'
import { ask, bearer, legend, plain, under_load, wait_for_text } from './tools.mjs'

export async function charts_move_under_load (given) {
  const page = await given.open()
  const paths = () => page.$$eval('#charts path', all => all.map(each => each.getAttribute('d')))
  await under_load(given, async () => {
    await wait_for_text(page, legend(1, 1), /^[1-9]/)
    await wait_for_text(page, legend(1, 2), /^[1-9]|^0\.[0-9]/)
    await wait_for_text(page, legend(2, 1), /^[1-9]/)
    await wait_for_text(page, legend(2, 2), /^[1-9]|^0\.[0-9]/)
    await wait_for_text(page, legend(3, 1), /(µs|ms|s)$/)
    await wait_for_text(page, legend(4, 1), /(µs|ms|s)$/)
    const before = await paths()
    await page.waitForFunction(was => {
      const now = [...document.querySelectorAll('#charts path')].map(each => each.getAttribute('d'))
      return now[0] !== was[0] && now[3] !== was[3]
    }, before)
  })
  await wait_for_text(page, legend(1, 1), /^0/)  // and they go down again
}

export async function the_state_line_tells_how_it_is ({ open, proxy, token }) {
  const page = await open()
  await ask(proxy, '/', bearer(token))
  const items = page.locator('#state li')
  assert.equal(await items.count(), 6)
  await wait_for_text(page, '#state li:nth-child(2) .value', /^accepted$/)
  const texts = (await items.allTextContents()).map(plain)
  assert.match(texts[0], /Sidecar.*ready/)
  assert.match(texts[2], /Circuit.*closed: Gate answers/)
  assert.match(texts[3], /Fleet.*none/)
  assert.match(texts[4], /Shadow mode.*off: refusals count/)
  assert.match(texts[5], /Configuration.*generation 1/)
}

export async function reasons_come_with_what_they_mean ({ open, proxy, token }) {
  const page = await open()
  for (let i = 0; i < 3; ++i) await ask(proxy, '/reasons')
  await ask(proxy, '/reasons', bearer(token))
  await wait_for_text(page, '#reasons tr:nth-child(1)', /token_missing3An agent token is required/)
  await wait_for_text(page, '#reasons', /token_verified1Gate has accepted the token/)
}

export async function the_budget_is_shown_with_its_lanes ({ open, proxy, token }) {
  const page = await open()
  await ask(proxy, '/', bearer(token))
  assert.match(plain(await wait_for_text(page, '#budget .big', /of/)), /^\d+ of 600 calls left$/)
  assert.match(await page.locator('.lanes').textContent(), /known tokensopen.*new tokensopen.*early renewalopen/)
  const meter = page.getByRole('meter', { name: 'Calls left' })
  assert.equal(await meter.getAttribute('aria-valuemax'), '600')
}

// Rule 18, as far as the page goes: what it asks for without the token is open to all.
export async function without_the_token_nothing_more_is_asked_for ({ open, proxy, token, account }) {
  const page = await open()
  const asked = new Set()
  page.on('request', request => asked.add(new URL(request.url()).pathname))
  await ask(proxy, '/', bearer(token))
  await ask(proxy, '/refused', bearer('agt_nobody_knows_it'))
  await wait_for_text(page, '#reasons', /token_invalid/)
  assert.deepEqual([...asked].filter(each => !['/page/state', '/page/history'].includes(each)), [])
  assert.equal((await page.content()).includes(account), false)
  assert.equal(await page.getByLabel('Agent token').isDisabled(), true)
}

// With the keys alone: a chart is read moment by moment.
export async function a_chart_is_read_with_the_arrow_keys (given) {
  const page = await given.open()
  await under_load(given, () => wait_for_text(page, legend(1, 1), /^[1-9]/))
  const chart = page.getByRole('slider', { name: 'Requests' })
  await page.waitForFunction(() => document.querySelector('.plot').getAttribute('aria-valuemax') > 2)
  await chart.focus()
  await page.keyboard.press('Home')
  assert.match(plain(await chart.getAttribute('aria-valuetext')), /ago: .*1xx to 3xx, .*4xx, .*5xx$/)
  const first = await chart.getAttribute('aria-valuenow')
  await page.keyboard.press('ArrowRight')
  assert.equal(Number(await chart.getAttribute('aria-valuenow')), Number(first) + 1)
  await page.keyboard.press('Escape')
  assert.equal(await page.locator('#charts .when').first().textContent(), 'now')
}

export async function the_first_key_leads_to_the_refusals ({ open }) {
  const page = await open()
  await page.keyboard.press('Tab')
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the refusals')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'refusals')
}

export async function nothing_moves_the_layout (given) {
  for (const viewport of [{ width: 1280, height: 900 }, { width: 390, height: 844 }]) {
    const page = await given.open({ viewport })
    await page.evaluate(() => {
      window.shifts = []
      new PerformanceObserver(list => {
        for (const each of list.getEntries())
          window.shifts.push(each.value + ' ' + each.sources.map(({ node }) => (node?.id || node?.className || node?.nodeName)).join(' '))
      }).observe({ type: 'layout-shift' })
    })
    await under_load(given, async () => {
      for (const path of ['/a', '/b', '/c']) await ask(given.proxy, path, bearer('agt_unknown' + path.slice(1)))
      await wait_for_text(page, legend(1, 1), /^[1-9]/)
      await wait_for_text(page, '#reasons', /token_invalid/)
    })
    await wait_for_text(page, legend(1, 1), /^0/)
    assert.deepEqual(await page.evaluate(() => window.shifts), [], `at ${viewport.width} px`)
    const [inner, scrolled] = await page.evaluate(() => [window.innerWidth, document.documentElement.scrollWidth])
    assert.ok(scrolled <= inner, `${scrolled} px wide at ${inner} px`)
    await page.close()
  }
}

export async function a_sidecar_that_is_away_is_said_to_be_so ({ open, complaints }) {
  complaints.allow(/ERR_INTERNET_DISCONNECTED/)
  const page = await open()
  await page.context().setOffline(true)
  await wait_for_text(page, '#link-text', /no answer for/)
  await page.context().setOffline(false)
  await wait_for_text(page, '#link-text', /^live$/)
}
