// run.mjs MODULE NAME: runs one test in a browser of its own. What it runs against comes in PAGE_TEST, as JSON:
// {browser, admin, proxy, admin_token, token, account, patience, shots}.
import { strict as assert } from 'node:assert'
import { chromium } from 'playwright-core'

const [, , module, name] = process.argv
const given = JSON.parse(process.env.PAGE_TEST)
const test = (await import(`./${module}.mjs`))[name]

// Without these it asks the hosts of its maker, which a closed network refuses.
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--no-proxy-server']

// What must not happen in any test, besides what one of them allows.
const complaints = {
  all: [],
  allowed: [],
  note (text) { this.all.push(text) },
  allow (pattern) { this.allowed.push(pattern) },
  check () { assert.deepEqual(this.all.filter(each => !this.allowed.some(pattern => pattern.test(each))), []) }
}

function watch (page) {
  page.on('console', message => {
    if (['error', 'warning'].includes(message.type())) complaints.note(`console: ${message.text()} ${message.location().url}`)
  })
  page.on('pageerror', error => complaints.note(`exception: ${error.stack}`))
  page.on('request', request => { if (!request.url().startsWith(given.admin)) complaints.note(`asked elsewhere: ${request.url()}`) })
}

// A page that shows the sidecar, when it has its first numbers.
async function open (options = {}) {
  const page = await browser.newPage(options)
  page.setDefaultTimeout(given.patience * 10_000)
  watch(page)
  await page.exposeFunction('note_violation', text => complaints.note(`policy: ${text}`))
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event =>
      window.note_violation(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`))
  })
  await page.goto(given.admin + '/')
  await page.waitForFunction(() => document.getElementById('link-text').textContent === 'live')
  return page
}

let code = 0
const browser = await chromium.launch({ executablePath: given.browser, args: flags })
try {
  await test({ ...given, complaints, open })
  complaints.check()
} catch (failure) {
  console.log(failure)
  code = 1
}
await browser.close()
process.exit(code)
