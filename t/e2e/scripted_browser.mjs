// The browser that programs start: it opens the address of a sign-in, and the
// person in front of it agrees to everything.  Some programs listen for the
// answer only after they have opened the browser: a person is slower than
// that, so this one tries again.

import { setTimeout as delay } from 'node:timers/promises';

import { Browser } from '../../demo/browser.mjs';


const LISTENS_WITHIN = 30_000;          // milliseconds

const address = process.argv[2];
const redirect = new URL(address).searchParams.get('redirect_uri');
const { url } = await new Browser().open(address, redirect);
const deadline = Date.now() + LISTENS_WITHIN;

while (!await fetch(url).catch(() => undefined) && Date.now() < deadline) {
    await delay(50);
}
