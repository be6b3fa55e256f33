// Drives GraphiQL in headless Chromium with no network but the servers under test: one with data, one
// with an empty database.
// usage: node graphiql.mjs BASE_URL EMPTY_URL SCREENSHOT     exit 0: it loads, explains and answers
//
// FAROL_TEST_CHROMIUM names the browser.
import { chromium } from 'playwright-core';

const [base, empty, screenshot] = process.argv.slice(2);
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking'];
const quiet = ['--disable-component-update', '--disable-sync'];
const problems = [];
const browser = await chromium.launch({
  executablePath: process.env.FAROL_TEST_CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: [...flags, ...quiet],
});

// A page that reaches this server only, and reports what should not happen.
async function open(server) {
  const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
  await context.route('**/*', (route) => {
    const url = route.request().url();
    if (new URL(url).origin === new URL(server).origin || url.startsWith('data:')) return route.continue();
    problems.push(`asked another server: ${url}`);
    return route.abort();
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => problems.push(`script error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(`console: ${message.text()} ${message.location().url}`);
  });
  await page.goto(new URL('/graphiql', server).href);
  await page.locator('.graphiql-query-editor').waitFor();
  return page;
}

async function docsShowTheSchema(page) {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
  const docs = page.locator('.graphiql-doc-explorer');
  await docs.getByRole('link', { name: 'Query', exact: true }).click();
  await docs.getByRole('link', { name: 'serverInfo' }).first().waitFor();
}

async function explorerListsTheFields(page) {
  await page.getByRole('button', { name: 'Show GraphiQL Explorer' }).click();
  await page.locator('.docExplorerWrap, .graphiql-explorer-root').first().getByText('serverInfo').first().waitFor();
}

// The page's own query, over data: something of every part must be seen without scrolling.
async function theQueryIsAnswered(page) {
  await page.getByRole('button', { name: /^Execute query/ }).click();
  const result = page.locator('.result-window');
  await result.getByText('"data"').first().waitFor();
  const text = await result.innerText();
  if (text.includes('"errors"')) problems.push(`the query failed: ${text}`);
  for (const part of ['"totalValue"', '"ocid"', '"buyer"', 'City of Aldea']) {
    const seen = result.getByText(part).first();
    await seen.waitFor();
    const [box, frame] = [await seen.boundingBox(), await result.boundingBox()];
    const inside = box && box.y >= frame.y && box.y + box.height <= frame.y + frame.height;
    if (!inside || box.x + box.width > frame.x + frame.width) problems.push(`${part} is cut off`);
  }
}

// Dialogs, completion and hints bring styles of their own: the page's policy must let them.
async function theRestOpens(page) {
  for (const dialog of ['Open short keys dialog', 'Open settings dialog']) {
    await page.getByRole('button', { name: dialog }).click();
    await page.getByRole('dialog').getByRole('heading').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: 'Prettify query' }).hover();
  await page.getByRole('tooltip').first().waitFor({ state: 'attached' });
  await page.locator('.graphiql-query-editor .CodeMirror').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.press('Control+Space');
  await page.locator('.CodeMirror-hints').waitFor();
  await page.keyboard.press('Escape');
}

async function theHintIsHidden(page) {
  if (await page.getByText('The database is empty.').isVisible()) problems.push('data is there, but the hint shows');
}

async function anEmptyDatabaseIsExplained(page) {
  await page.getByText('The database is empty.').waitFor();
  await page.getByText('farol import --dataset').waitFor();
}

try {
  const page = await open(base);
  await explorerListsTheFields(page);
  await docsShowTheSchema(page);
  await theQueryIsAnswered(page);
  await theHintIsHidden(page);
  await page.screenshot({ path: screenshot });
  await theRestOpens(page);
  const other = await open(empty);
  await anEmptyDatabaseIsExplained(other);
  await other.screenshot({ path: screenshot.replace('.png', '-empty.png') });
} catch (error) {
  problems.push(error.message);
} finally {
  await browser.close();
}
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? 'ok' : `${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
