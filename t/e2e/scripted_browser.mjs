// The browser that programs start: it opens the address of a sign-in, and the
// person in front of it agrees to everything.  Some programs listen for the
// answer only after they have opened the browser: a person is slower than
// that, so this one tries again.  As in other browsers localhost is the
// loopback, whatever the system's resolver knows of it.

import { setTimeout as delay } from 'node:timers/promises';

import { Browser } from '../../demo/browser.mjs';


const LISTENS_WITHIN = 30_000;          // milliseconds

const address = process.argv[2];
const redirect = new URL(address).searchParams.get('redirect_uri');
const { url } = await new Browser().open(address, redirect);
const callback = new URL(url);
const deadline = Date.now() + LISTENS_WITHIN;

if (callback.hostname === 'localhost') {
    callback.hostname = '127.0.0.1';
}

while (!await fetch(callback).catch(() => undefined) && Date.now() < deadline) {
    await delay(50);
}
