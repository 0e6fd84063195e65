// The browser that programs start.  It opens the address of a sign-in and
// agrees to everything, like a person in front of it.  Some programs listen for
// the answer only after they have opened the browser.  A person would be slower
// than that, so this browser tries again.  As in other browsers, localhost is
// the loopback, whatever the system's resolver says.

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
