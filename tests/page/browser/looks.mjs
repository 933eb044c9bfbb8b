// How it looks, and whether everybody can use it: screenshots into the folder `shots`, and the rules of axe-core.
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ask, bearer, legend, under_load, unlock, wait_for_text } from './tools.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const looks = [390, 1280].flatMap(width => ['light', 'dark'].map(colorScheme => ({ width, colorScheme })))

async function make_traffic ({ proxy, token }) {
  for (const path of ['/orders', '/orders/17', '/admin/users']) await ask(proxy, path)
  await ask(proxy, '/v1/reports', { ...bearer('agt_expired_trial'), 'X-Request-Id': 'run-2f81-step-4' })
  await ask(proxy, '/v1/reports', bearer(token))
}

// Trusted Types forbid axe to be put in as text: the debugger of the browser may.
async function violations_of (page) {
  const session = await page.context().newCDPSession(page)
  await session.send('Runtime.evaluate', { expression: axe })
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }))
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(each => each.html + ' ' + each.failureSummary).join('\n')}`)
}

export async function everybody_can_use_it (given) {
  await make_traffic(given)
  for (const { width, colorScheme } of looks) {
    const page = await given.open({ viewport: { width, height: 900 }, colorScheme })
    assert.deepEqual(await violations_of(page), [], `closed, ${width} px, ${colorScheme}`)
    await unlock(page, given.admin_token)
    await wait_for_text(page, '#config-rows', /listener/)
    assert.deepEqual(await violations_of(page), [], `open, ${width} px, ${colorScheme}`)
    await page.close()
  }
}

export async function it_looks_well (given) {
  await make_traffic(given)
  const pages = await Promise.all(looks.map(({ width, colorScheme }) =>
    given.open({ viewport: { width, height: width < 500 ? 844 : 900 }, colorScheme, deviceScaleFactor: given.scale })))
  await under_load(given, async () => {
    for (const page of pages) {
      await wait_for_text(page, legend(1, 1), /^[1-9]/)
      await page.waitForFunction(least => document.querySelector('.plot').getAttribute('aria-valuemax') > least, given.points)
      await page.locator('input[value="60"]').check({ force: true })
    }
    for (const [index, page] of pages.entries()) {
      const { width, colorScheme } = looks[index]
      const shot = (name, options) => page.screenshot({ path: join(given.shots, `${name}-${width}-${colorScheme}.png`), ...options })
      await shot('closed', { fullPage: false })
      await unlock(page, given.admin_token)
      await wait_for_text(page, '#refusal-rows', /run-2f81/)
      await wait_for_text(page, '#config-rows', /listener/)
      await shot('open', { fullPage: true })
    }
  })
}
