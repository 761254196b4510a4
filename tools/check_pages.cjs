// What tools/check_pages.sh runs: opens each page in Chromium and says what is wrong with it.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

const FLAGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
const SURFACES = [
  { name: 'wide, light', width: 1280, height: 800, scheme: 'light' },
  { name: 'wide, dark', width: 1280, height: 800, scheme: 'dark' },
  { name: 'phone, light', width: 390, height: 844, scheme: 'light' },
  { name: 'phone, dark', width: 390, height: 844, scheme: 'dark' },
];

// Runs in the page: what is cut, or reaches beyond the screen.
function overrun() {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push('the page scrolls sideways');
  for (const element of document.querySelectorAll('body *')) {
    // Drawings are as wide as their frame; headings that only screen readers see are clipped on purpose.
    if (element.closest('svg') || (width < 740 && element.closest('thead'))) continue;
    const box = element.getBoundingClientRect();
    const what = `${element.tagName.toLowerCase()}: ${element.textContent.trim().slice(0, 60)}`;
    if (box.width > 0 && (box.right > width + 1 || box.left < -1)) found.push(`beyond the edge: ${what}`);
    const inner = getComputedStyle(element).display !== 'inline' && !['MAIN', 'SECTION'].includes(element.tagName);
    if (inner && element.clientWidth > 0 && element.scrollWidth > element.clientWidth + 1) found.push(`cut: ${what}`);
  }
  return found.slice(0, 5);
}

async function look(browser, axe, file, surface) {
  const context = await browser.newContext({
    viewport: { width: surface.width, height: surface.height }, colorScheme: surface.scheme, bypassCSP: true,
  });
  const page = await context.newPage();
  const asked = [];
  page.on('request', (request) => { if (!request.url().startsWith('file:')) asked.push(request.url()); });
  await page.goto(`file://${path.resolve(file)}`);
  const wrong = await page.evaluate(overrun);
  wrong.push(...asked.map((url) => `asks for ${url}`));
  // The first page is one screen where names are no longer than names are; reasons may need a line or two more.
  const end = await page.evaluate(() => document.querySelector('.first').getBoundingClientRect().bottom);
  if (surface.width === 1280 && end > surface.height * 1.1 && !path.basename(file).startsWith('hostile')) {
    wrong.push(`the first page is ${Math.round(end)} pixels high, more than a screen`);
  }
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const { impact, id, help, nodes } of violations) {
    if (impact === 'serious' || impact === 'critical') wrong.push(`${impact}: ${help} (${id}), ${nodes.length} times, first ${nodes[0].html.slice(0, 120)}`);
  }
  await context.close();
  return wrong;
}

async function main(files) {
  const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
  let bad = 0;
  for (const file of files) {
    for (const surface of SURFACES) {
      for (const wrong of await look(browser, axe, file, surface)) {
        console.error(`${file}, ${surface.name}: ${wrong}`);
        bad += 1;
      }
    }
  }
  await browser.close();
  if (bad > 0) throw new Error(`${bad} things are wrong with the pages`);
  console.log(`${files.length} pages looked at on ${SURFACES.length} surfaces: nothing cut, nothing serious or critical`);
}

main(process.argv.slice(2)).catch((error) => { console.error(error.message); process.exit(1); });
