// oauth_status with three issuers in three states: the page in a real browser, on
// a wide screen and on a phone, in light and in dark colours; and the metrics,
// which promtool of Prometheus checks.
//
// OAUTH_PICTURE: a file to write the picture of docs/status.md to.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { startAs } from '../../demo/as.mjs';
import { startNginx } from '../../demo/nginx.mjs';
import { startServer } from '../../demo/server.mjs';
import { haveChromium, startChromium } from './chromium.mjs';
import { newFolder, started } from './stack.mjs';
import { BINARY, MODULE } from './world.mjs';


const PROMTOOL = process.env.PROMTOOL || 'promtool';
const WITHIN = 20_000;                  // milliseconds
const WIKI = 'https://wiki.example.com';
const READ = 'wiki:read';

// One key that nobody signs with (RFC 7515 appendix A.3).

const KEY = {
    kty: 'EC', crv: 'P-256', kid: 'one',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
};

const skipPage = !haveChromium() && 'no Chromium here';
const skipMetrics = spawnSync(PROMTOOL, ['--version']).status !== 0
    && 'no promtool here';

const keys = { good: true };
const failing = await started(startKeyServer(() => keys.good));
const down = await started(startKeyServer(() => false));

const as = await started(startAs({ scopes: [READ], resources: [WIKI],
                                   account: 'alice' }));
const folder = await newFolder('status');

const nginx = await started(startNginx({ module: MODULE, binary: BINARY,
                                         folder, site }));
const status = `${nginx.url}/status`;

await fill();


test('the page shows three issuers in three states', { skip: skipPage },
     async () => {
    const chromium = await started(startChromium());
    const page = await chromium.open(status);

    assert.deepEqual(await page.run(() => [...document.querySelectorAll('h3')]
        .map((title) => title.textContent.trim())),
        ['corp fresh', 'partner failing', 'old none']);

    const text = await page.run(() => document.body.innerText);

    assert.match(text, /Last error, \d+ s ago: .* answered with status 502/);
    assert.match(text, /no_token request has no access token/);
    assert.match(text, /Agents may fail here/);
    assert.ok(!text.includes('alice'), 'nobody is named');

    for (const width of [1200, 360]) {
        for (const dark of [false, true]) {
            await page.show({ width, dark });

            const { wide, colour, bars } = await page.run(() => ({
                wide: document.documentElement.scrollWidth > innerWidth,
                colour: getComputedStyle(document.body).backgroundColor,
                bars: document.querySelectorAll('rect').length,
            }));

            assert.equal(wide, false, `${width} pixels are enough`);
            assert.ok(bars >= 1, 'the chart has a bar');
            assert.equal(colour === 'rgb(255, 255, 255)', !dark,
                         `${dark ? 'dark' : 'light'}: ${colour}`);
        }
    }

    if (process.env.OAUTH_PICTURE) {
        await page.show({ width: 900 });
        await writeFile(process.env.OAUTH_PICTURE, await page.picture());
    }

    // It loads itself again, and needs nothing else.

    await until(async () => (await page.exchanges(nginx.url)).length > 1,
                'the page loads itself again');

    const asked = await page.exchanges('http');

    assert.deepEqual([...new Set(asked.map(({ url }) => url))]
        .filter((url) => !url.endsWith('/favicon.ico')), [status]);
});


test('promtool accepts the metrics', { skip: skipMetrics }, async () => {
    const response = await fetch(`${status}?format=prometheus`);
    const metrics = await response.text();

    assert.equal(check(metrics), '');
    assert.match(check(metrics.replace('nginx_oauth_requests_total{',
                                       'nginx_oauth_requests_total{{')),
                 /./, 'promtool finds what is wrong');

    for (const sample of [
        'nginx_oauth_issuer_state{issuer="corp",state="fresh"} 1',
        'nginx_oauth_issuer_state{issuer="partner",state="failing"} 1',
        'nginx_oauth_issuer_state{issuer="old",state="none"} 1',
        'nginx_oauth_dpop_replay_entries 0',
    ]) {
        assert.ok(metrics.includes(`${sample}\n`), sample);
    }
});


// What promtool says; nothing, if all is well.

function check(metrics) {
    const { status: code, stdout, stderr } = spawnSync(
        PROMTOOL, ['check', 'metrics'], { input: metrics, encoding: 'utf8' });

    return code === 0 ? `${stdout}${stderr}` : `${code}: ${stdout}${stderr}`;
}


// An authorization server that has metadata, and keys only while it is well.

async function startKeyServer(isWell) {
    const server = await startServer((request, response) => {
        const { url } = server;

        response.setHeader('Content-Type', 'application/json');

        if (request.url === '/keys') {
            response.statusCode = isWell() ? 200 : 502;
            response.end(isWell() ? JSON.stringify({ keys: [KEY] }) : '');

        } else {
            response.end(JSON.stringify({ issuer: url,
                                          jwks_uri: `${url}/keys`,
                                          scopes_supported: ['openid'] }));
        }
    });

    return server;
}


function site(port) {
    return `
oauth_issuer corp    { issuer ${as.issuer}; }
oauth_issuer partner { issuer ${failing.url}; key_refresh 1s; }
oauth_issuer old     { issuer ${down.url}; }

server {
    listen      127.0.0.1:${port};
    server_name wiki.example.com;

    oauth               corp partner old;
    oauth_resource      ${WIKI};

    location /          { oauth_scope ${READ}; empty_gif; }
    location /bound     { oauth_dpop required; empty_gif; }
    location = /status  { oauth off; oauth_status; }
}
`;
}


// Requests to count, and the states to see.

async function fill() {
    const token = await as.sign({ aud: WIKI, scope: READ });

    for (const authorization of ['', '', 'Bearer x', `Bearer ${token}`,
                                 `Bearer ${token}`]) {
        await (await fetch(nginx.url, {
            headers: authorization ? { authorization } : {},
        })).arrayBuffer();
    }

    await until(async () => state('partner', 'fresh'), 'the keys are there');
    keys.good = false;
    await until(async () => state('partner', 'failing'), 'and fail');
}


async function state(name, wanted) {
    const { issuers } = await (await fetch(status)).json();

    return issuers.find((issuer) => issuer.name === name).state === wanted;
}


async function until(condition, what) {
    const deadline = Date.now() + WITHIN;

    while (!await condition()) {
        assert.ok(Date.now() < deadline, what);
        await sleep(50);
    }
}
