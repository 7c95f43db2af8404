// Walks through the pages in headless Chromium and exits with 1 when anything is not as it
// should be. Takes one JSON argument: base, outbox, modules, what, password, shots, names (who
// answers for the host of the base, as Chromium's host resolver rules say it; may be missing).

import fs from 'node:fs'
import path from 'node:path'
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const given = JSON.parse(process.argv[2])
const load = createRequire(path.join(given.modules, 'package.json'))
const { chromium, request } = load('playwright-core')
const axe = fs.readFileSync(load.resolve('axe-core/axe.min.js'), 'utf8')

const auth = given.base + '/auth'
const names = given.names ? [`--host-resolver-rules=${given.names}`] : []
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', ...names] })
const complaints = []

// --- surroundings -------------------------------------------------------------------

// A context whose pages are watched: nothing may go to another origin, nothing may break
// the content security policy, no script may fail.
async function open(options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'en-GB', ...options })
  context.setDefaultTimeout(20000)
  context.on('request', (asked) => {
    if (new URL(asked.url()).origin !== given.base) complaints.push(`request to ${asked.url()}`)
  })
  context.on('console', (said) => {
    if (/Content Security Policy|Refused to/i.test(said.text())) complaints.push(`policy: ${said.text()}`)
  })
  return context
}

// Links of the mails that came to an address, oldest first.
function linksFor(address, kind) {
  if (!fs.existsSync(given.outbox)) return []
  const files = fs.readdirSync(given.outbox).filter((name) => name.endsWith('.eml')).sort()
  const found = []
  for (const name of files) {
    const raw = fs.readFileSync(path.join(given.outbox, name), 'utf8')
    if (!raw.includes(address)) continue
    const text = raw.replace(/=\r?\n/g, '').replace(/=3D/gi, '=')
    const link = text.match(new RegExp(`/auth/${kind}/[A-Za-z0-9_.~-]+`))
    if (link) found.push(link[0])
  }
  return found
}

async function linkFor(address, kind) {
  for (const end = Date.now() + 20000; Date.now() < end; ) {
    const link = linksFor(address, kind).at(-1)
    if (link) return given.base + link
    await new Promise((done) => setTimeout(done, 50))
  }
  throw new Error(`no mail with a ${kind} link for ${address}`)
}

async function signUp(address) {
  const api = await request.newContext({ ignoreHTTPSErrors: true, userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0',
    extraHTTPHeaders: { accept: 'application/json' } })
  const made = await api.post(auth + '/register', { data: { email: address, password: given.password } })
  assert.equal(made.status(), 201, await made.text())
  const token = (await linkFor(address, 'verify')).split('/').at(-1)
  const verified = await api.post(auth + '/verify', { data: { token } })
  assert.equal(verified.status(), 200, await verified.text())
  return api
}

async function signIn(api, address) {
  const done = await api.post(auth + '/login', { data: { email: address, password: given.password } })
  assert.equal(done.status(), 200, await done.text())
}

// --- hands on the keyboard ----------------------------------------------------------

async function focus(page, selector) {
  const wanted = page.locator(selector).first()
  await wanted.waitFor({ state: 'attached' })
  for (let i = 0; i < 60; i++) {
    if (await wanted.evaluate((it) => it === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`the keyboard does not reach ${selector} on ${page.url()}`)
}

async function type(page, selector, text) {
  await focus(page, selector)
  await page.keyboard.press('Control+A')
  await page.keyboard.type(text)
}

async function press(page, key = 'Enter') {
  const arrived = page.waitForEvent('framenavigated')
  await page.keyboard.press(key)
  await arrived
  await page.waitForLoadState('load')
}

async function follow(page, selector) {
  await focus(page, selector)
  await press(page)
}

// A fragment stays with a browser through redirects, that of a form's first mistake, too.
function isAt(page, expected) {
  const at = page.url().replace(given.base, '')
  assert.equal(expected.includes('#') ? at : at.split('#')[0], expected)
}

async function says(page, text) {
  const body = await page.locator('main').innerText()
  assert.ok(body.includes(text), `"${text}" is not on ${page.url()}:\n${body}`)
}

// --- journeys -----------------------------------------------------------------------

async function journey(scripts) {
  const me = scripts ? 'ada@example.com' : 'grace@example.com'
  const second = 'four unrelated words make it'
  const third = 'yet another phrase of words'
  const context = await open({ javaScriptEnabled: scripts })
  const page = await context.newPage()

  await page.goto(given.base + '/reports?year=2026&q=a%20b')
  isAt(page, '/auth/login?next=/reports%3Fyear%3D2026%26q%3Da%2520b')
  await follow(page, 'a[href*="/register"]')
  await type(page, '#email', 'not an address')
  await press(page)
  await says(page, 'There is a problem')
  assert.ok(await page.locator('.note.bad').evaluate((it) => it === document.activeElement), 'the summary has no focus')
  await follow(page, '.note.bad a[href="#password"]').catch(() => {})
  await type(page, '#email', me)
  await type(page, '#password', given.password)
  await press(page)
  isAt(page, '/auth/check-mail?for=verify&next=/reports%3Fyear%3D2026%26q%3Da%2520b')

  await page.goto(auth + '/login?next=/reports')
  await type(page, '#email', me)
  await type(page, '#password', given.password)
  await press(page)
  await says(page, 'Your address is not confirmed yet')

  await page.goto(await linkFor(me, 'verify'))
  await follow(page, 'main button')
  isAt(page, '/auth/login?notice=verified&next=kept')
  await page.goto(await linkFor(me, 'verify'))
  await says(page, 'This link has done its work already.')
  await follow(page, 'main a')
  isAt(page, '/auth/login')
  await page.goto(auth + '/verify/garbage')
  await says(page, 'This link does not work any more')

  await page.goto(auth + '/login?next=/reports%3Fyear%3D2026#part-2')
  await says(page, 'to continue to')
  await type(page, '#email', me)
  await type(page, '#password', 'wrong wrong wrong')
  await press(page)
  await says(page, 'The address or the password is wrong.')
  assert.equal(await page.locator('#email').inputValue(), me)
  await type(page, '#password', given.password)
  await press(page)
  // No script and nothing in a query: the browser itself carries the fragment along.
  isAt(page, '/reports?year=2026#part-2')
  await page.goto(auth + '/login?next=/reports%3Fyear%3D2027')
  isAt(page, '/reports?year=2027')

  const elsewhere = await request.newContext({ ignoreHTTPSErrors: true, userAgent: 'Mozilla/5.0 (Windows NT 10.0) Firefox/128.0' })
  await signIn(elsewhere, me)
  await page.goto(auth + '/account')
  await says(page, me)
  await says(page, 'This device')
  const rows = page.locator('.sessions li')
  assert.ok((await rows.count()) >= 2)
  await follow(page, 'button[name="end"]')
  isAt(page, '/auth/account?notice=session_ended')
  await says(page, 'The session is ended.')
  assert.equal((await elsewhere.get(auth + '/me')).status(), 401)
  await signIn(elsewhere, me)
  await page.reload()
  await follow(page, 'button[name="others"]')
  isAt(page, '/auth/account?notice=others_ended')
  assert.equal(await rows.count(), 1)

  await type(page, '#current_password', 'not my password')
  await type(page, '#new_password', second)
  await press(page)
  await says(page, 'This is not your current password.')
  await type(page, '#current_password', given.password)
  await type(page, '#new_password', second)
  await press(page)
  isAt(page, '/auth/account?notice=password')

  await type(page, '#name', 'backup')
  await press(page)
  await says(page, 'Copy it now')
  const key = await page.locator('main code').innerText()
  assert.match(key, /^yk1_/)
  await page.goto(auth + '/account')
  assert.ok(!(await page.content()).includes(key), 'a key is shown once')
  await follow(page, 'button[name="remove_key"]')
  isAt(page, '/auth/account?notice=key_removed#keys')

  await page.goto(auth)
  isAt(page, '/auth/account')
  await page.goto(auth + '/logout')
  await follow(page, 'form[action$="/logout"] button')
  isAt(page, '/auth/login?notice=signed_out')
  await page.goto(auth + '/')
  isAt(page, '/auth/login')
  await page.goto(auth + '/account')
  assert.ok(page.url().startsWith(auth + '/login?next='), page.url())

  await page.goto(auth + '/login')
  await follow(page, 'a[href="/auth/reset"]')
  await type(page, '#email', me)
  await press(page)
  isAt(page, '/auth/check-mail?for=reset')
  await page.goto(await linkFor(me, 'reset'))
  await type(page, '#password', 'short')
  await press(page)
  await says(page, 'Use at least 12 characters.')
  await type(page, '#password', third)
  await press(page)
  isAt(page, '/auth/login?notice=reset')
  await type(page, '#email', me)
  await type(page, '#password', third)
  await press(page)
  isAt(page, '/')
  await page.goto(auth + '/account')
  await follow(page, 'form[action$="/logout"] button')
  isAt(page, '/auth/login?notice=signed_out')
  await context.close()
}

// What a newcomer does first: is sent to the login, makes an account, gets to the page that was
// asked for, logs out and is a stranger again.
async function newcomer(verified) {
  const me = 'ada@example.com'
  const context = await open()
  const page = await context.newPage()
  const application = () => page.locator('body').innerText()

  await page.goto(given.base + '/reports?year=2026')
  isAt(page, '/auth/login?next=/reports%3Fyear%3D2026')
  await follow(page, 'a[href*="/register"]')
  await type(page, '#email', me)
  await type(page, '#password', given.password)
  await press(page)
  if (verified) {
    assert.ok(page.url().startsWith(auth + '/check-mail?for=verify'), page.url())
    await page.goto(await linkFor(me, 'verify'))
    await follow(page, 'main button')
    await says(page, 'Your address is confirmed.')
  } else await says(page, 'Your account is ready.')

  await page.goto(given.base + '/reports?year=2026')
  await type(page, '#email', me)
  await type(page, '#password', given.password)
  await press(page)
  isAt(page, '/reports?year=2026')
  assert.ok((await application()).includes(me), await application())
  await page.goto(given.base + '/another')
  isAt(page, '/another')

  await page.goto(auth + '/account')
  await says(page, me)
  await follow(page, 'form[action$="/logout"] button')
  await says(page, 'You are logged out.')
  await page.goto(given.base + '/another')
  isAt(page, '/auth/login?next=/another')
  await context.close()
}

async function tabs() {
  const me = 'tabs@example.com'
  await signUp(me)
  const context = await open()
  const first = await context.newPage()
  await first.goto(auth + '/login')
  const second = await context.newPage()
  await second.goto(auth + '/login?next=/second')
  const joining = await context.newPage()
  await joining.goto(auth + '/register')
  for (const [page, leads] of [[first, '/'], [second, '/second']]) {
    await type(page, '#email', me)
    await type(page, '#password', given.password)
    await press(page)
    isAt(page, leads)
  }
  await type(joining, '#email', 'other@example.com')
  await type(joining, '#password', given.password)
  await press(joining)
  isAt(joining, '/auth/check-mail?for=verify')

  // A form that is not of a page of ours, and one whose cookie is gone.
  const page = await context.newPage()
  await page.goto(auth + '/login?confirm=1')
  await page.locator('input[name="form"]').evaluate((it) => (it.value = 'A'.repeat(43)))
  await type(page, '#email', me)
  await type(page, '#password', given.password)
  await press(page)
  await says(page, 'This form was open for too long.')
  await context.clearCookies()
  await type(page, '#password', given.password)
  await press(page)
  await says(page, 'This form was open for too long.')
  assert.equal(await page.locator('#email').inputValue(), me)
  await type(page, '#password', given.password)
  await press(page)
  isAt(page, '/')
  await context.close()
}

// --- every page ---------------------------------------------------------------------

async function submit(page) {
  const arrived = page.waitForEvent('framenavigated')
  await page.locator('main form button').first().press('Enter')
  await arrived
  await page.waitForLoadState('load')
}

// Links of mails that still serve, made before the sweep.
const links = {}

// As somebody who is not signed in sees it.
async function strangers(page, show) {
  const context = page.context()
  const kept = await context.cookies()
  await context.clearCookies({ name: /_(access|refresh)$/ })
  await show()
  await context.addCookies(kept)
}

const everyPage = {
  login: (page) => strangers(page, () => page.goto(auth + '/login?next=/reports&notice=verified')),
  confirm: (page) => page.goto(auth + '/login?next=/reports&confirm=1'),
  'login-problem': async (page) => {
    await page.goto(auth + '/login?confirm=1')
    await page.locator('#email').fill('nobody@example.com')
    await page.locator('#password').fill('wrong wrong wrong')
    await submit(page)
  },
  register: (page) => page.goto(auth + '/register'),
  'register-problem': async (page) => {
    await page.goto(auth + '/register')
    await page.locator('#email').fill('nobody@')
    await page.locator('#password').fill('short')
    await submit(page)
  },
  'check-mail': (page) => page.goto(auth + '/check-mail?for=verify'),
  verify: (page) => page.goto(links.verify),
  'link-used': (page) => page.goto(links.used),
  'link-dead': (page) => page.goto(auth + '/verify/nothing'),
  reset: (page) => page.goto(auth + '/reset'),
  choose: (page) => page.goto(links.reset),
  account: (page) => page.goto(auth + '/account'),
  'account-key': async (page) => {
    await page.goto(auth + '/account')
    await page.locator('#name').fill('backup')
    await page.locator('form[action$="/api-keys"] button').press('Enter')
    await page.waitForSelector('.note.good code')
  },
  logout: (page) => page.goto(auth + '/logout'),
  'account-problem': async (page) => {
    await page.goto(auth + '/account')
    await page.locator('form[action$="/password"] button').press('Enter')
    await page.waitForSelector('.note.bad')
  },
  'error-403': (page) => page.goto(given.base + '/admin/x'),
  'error-404': (page) => page.goto(auth + '/nothing'),
  'error-429': async (page) => {
    await page.goto(given.base + '/few')
    await page.goto(given.base + '/few')
  },
  'error-502': (page) => page.goto(given.base + '/gone'),
}

async function examine(page, label) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  if (wide > 0) complaints.push(`${label}: ${wide} px to the right of the window`)
  await page.evaluate(axe)
  const found = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  for (const each of found.violations)
    complaints.push(`${label}: ${each.id}: ${each.help}: ${each.nodes.map((n) => n.html + ' ' + n.failureSummary).join(' | ')}`)
  assert.ok(found.passes.length > 5, `${label}: axe has looked at nothing`)
}

// axe is a script: what a browser without scripts was served is examined in one with scripts.
async function examineServed(page, label, reader) {
  const html = await page.content()
  await reader.route('**', (route) => route.request().isNavigationRequest() ? route.fulfill({ contentType: 'text/html; charset=utf-8', body: html }) : route.continue())
  await reader.goto(page.url())
  await examine(reader, label)
  await reader.unroute('**')
}

async function sweep() {
  const me = 'sweep@example.com'
  const api = await signUp(me)
  await signIn(await request.newContext({ ignoreHTTPSErrors: true, userAgent: 'Mozilla/5.0 (iPhone) CriOS/126.0 Safari' }), me)
  await signIn(api, me)
  links.used = await linkFor(me, 'verify')
  const json = { headers: { accept: 'application/json' } }
  await api.post(auth + '/reset-request', { ...json, data: { email: me } })
  links.reset = await linkFor(me, 'reset')
  const waiting = { email: 'waiting@example.com', password: given.password }
  assert.equal((await (await request.newContext({ ignoreHTTPSErrors: true })).post(auth + '/register', { ...json, data: waiting })).status(), 201)
  links.verify = await linkFor('waiting@example.com', 'verify')
  const storageState = await api.storageState()
  const started = Date.now()
  for (const scripts of [true, false])
    for (const colorScheme of ['light', 'dark'])
      for (const width of [1280, 320]) {
        const german = colorScheme === 'dark'
        const options = { storageState, colorScheme, viewport: { width, height: width === 320 ? 640 : 800 },
          locale: german && !given.shots ? 'de-DE' : 'en-GB' }
        const context = await open({ ...options, javaScriptEnabled: scripts })
        const page = await context.newPage()
        const readers = await open(options)
        const reader = await readers.newPage()
        for (const [name, show] of Object.entries(everyPage)) {
          await show(page)
          const label = `${name}, ${colorScheme}, ${width} px`
          if (scripts) await examine(page, label)
          else await examineServed(page, `${label}, no scripts`, reader)
          if (given.shots && scripts && german === (width === 320))
            await page.screenshot({ path: path.join(given.shots, `${name}-${width === 320 ? 'narrow-dark' : 'wide-light'}.png`), fullPage: width === 320 })
        }
        await context.close()
        await readers.close()
      }
  console.log(`${Object.keys(everyPage).length} pages, ${Date.now() - started} ms`)
}

// A WebSocket beside a page of the same origin, over the page's connection.
async function websocket() {
  const context = await open()
  const page = await context.newPage()
  await page.goto(given.base + '/open/plain')
  const heard = await page.evaluate((address) => new Promise((done, failed) => {
    const socket = new WebSocket(address)
    const words = ['first', 'x'.repeat(100000), 'last']
    const came = []
    socket.onopen = () => words.forEach((each) => socket.send(each))
    socket.onerror = () => failed(new Error('no WebSocket'))
    socket.onmessage = (message) => {
      came.push(message.data.length)
      if (came.length === words.length) socket.close(1000)
    }
    socket.onclose = (event) => done([...came, event.code])
  }), given.base.replace('https:', 'wss:') + '/open/echo')
  assert.deepEqual(heard, [5, 100000, 4, 1000])
  await context.close()
}

// ------------------------------------------------------------------------------------

const parts = {
  journey: () => journey(true),
  'journey without scripts': () => journey(false),
  newcomer: () => newcomer(false),
  'newcomer, verified by mail': () => newcomer(true),
  tabs,
  sweep,
  websocket,
}

try {
  await parts[given.what]()
} catch (failure) {
  complaints.push(failure.stack)
}
await browser.close()
for (const each of complaints) console.log(each)
process.exit(complaints.length ? 1 : 0)
