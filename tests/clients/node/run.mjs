// run.mjs MODULE NAME: runs one test. Prints the port of its upstream, then waits for the sidecar's URL and a token.
import http from 'node:http'
import readline from 'node:readline'

const [, , module, name] = process.argv
const test = (await import(`./${module}.mjs`))[name]
const upstream = http.createServer()
upstream.listen(0, '127.0.0.1', () => console.log('listening', upstream.address().port))

const lines = readline.createInterface({ input: process.stdin })
lines.once('line', async line => {
  const [base, token] = line.split(' ')
  try {
    await test({ upstream, base, token, headers: { authorization: `Bearer ${token}` } })
    process.exit(0)
  } catch (failure) {
    console.log(failure)
    process.exit(1)
  }
})
