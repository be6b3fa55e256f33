// Runs a subscription in GraphiQL, in headless Chromium, against a server on which something changes all the time.
// usage: node subscription.mjs BASE_URL     exit 0: the page shows changes, and stops to when it is told so
//
// FAROL_TEST_CHROMIUM names the browser.
import { chromium } from 'playwright-core';

const [base] = process.argv.slice(2);
const query = 'subscription { processChanges(batch: { maxDelayMs: 10 }) { changes { ocid kind } cursor } }';
const browser = await chromium.launch({
  executablePath: process.env.FAROL_TEST_CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
const problems = [];
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => problems.push(`script error: ${error.message}`));
  const opened = page.waitForEvent('websocket');
  await page.goto(`${base}graphiql?query=${encodeURIComponent(query)}`);
  await page.locator('.graphiql-query-editor').waitFor();
  await page.getByRole('button', { name: /^Execute query/ }).click();
  const socket = await opened;
  if (!socket.url().startsWith(base.replace('http', 'ws'))) problems.push(`a socket to ${socket.url()}`);
  const result = page.locator('.result-window');
  await result.getByText('"ocds-').first().waitFor();
  const first = await result.innerText();
  await page.waitForFunction((before) => document.querySelector('.result-window').innerText !== before, first);
  if (first.includes('"errors"')) problems.push(first);
  await page.getByRole('button', { name: /^Stop query/ }).click();
  await page.getByRole('button', { name: /^Execute query/ }).waitFor();
} catch (error) {
  problems.push(error.message);
} finally {
  await browser.close();
}
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? 'ok' : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
