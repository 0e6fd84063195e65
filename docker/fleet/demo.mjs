// Shows what the fleet does: a token is good at all three nodes, it is revoked at
// the first, and is then refused by all of them.  If that is not so, it ends with
// an error.
//
// node docker/fleet/demo.mjs folder

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';


const WITHIN = 60_000;          // milliseconds
const PAUSE = 5;

const nodes = [1, 2, 3].map((n) => `http://127.0.0.1:808${n}`);
const token = readFileSync(join(process.argv[2], 'token'), 'utf8');
const { iss, sub } = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));


for (const node of nodes) {
    await until(async () => await state(node) === 'online', `${node} is in sync`);
    await until(async () => await ask(node) === 200, `${node} accepts the token`);
    console.log(`${node}  is in sync, and accepts the token: 200`);
}

const status = await revoke(nodes[0]);
const begun = performance.now();

console.log(`${nodes[0]}  all tokens of ${sub} are revoked here: ${status}`);

for (const node of nodes) {
    await until(async () => await ask(node) === 401, `${node} refuses the token`);
    console.log(`${node}  refuses the token: 401, seen after `
                + `${Math.round(performance.now() - begun)} ms`);
}


async function until(isSo, what) {
    const end = Date.now() + WITHIN;

    while (!await isSo()) {
        if (Date.now() > end) {
            throw new Error(`not so after ${WITHIN / 1000} s: ${what}`);
        }

        await delay(PAUSE);
    }
}


// A node that does not run yet has no state.

async function state(node) {
    const response = await fetch(`${node}/status?format=json`)
        .catch(() => undefined);

    return (await response?.json())?.bus?.state;
}


async function ask(node) {
    const response = await fetch(`${node}/`, {
        headers: { Authorization: `Bearer ${token}` },
    });

    await response.text();

    return response.status;
}


async function revoke(node) {
    const response = await fetch(`${node}/revoke`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ issuer: iss, subject: sub, reason: 'the demo' }),
    });

    return response.status;
}
