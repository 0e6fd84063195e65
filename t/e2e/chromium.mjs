// Debian's headless Chromium, driven over a pipe with its DevTools protocol.
// It opens pages, runs functions in them, and records every request that they
// cause, with the preflights that a page itself never sees.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';


const BINARY = process.env.CHROMIUM ?? 'chromium';
const ANSWER_WITHIN = 60_000;   // milliseconds
const STOP_WITHIN = 10_000;

const OPTIONS = [
    '--headless', '--no-sandbox', '--remote-debugging-pipe', '--disable-gpu',
    '--disable-dev-shm-usage', '--disable-quic', '--disable-sync',
    '--disable-background-networking', '--disable-component-update',
    '--disable-default-apps', '--no-first-run', '--no-proxy-server',
    '--ignore-certificate-errors',
];


export function haveChromium() {
    return spawnSync(BINARY, ['--version'], { stdio: 'ignore' }).status === 0;
}


export async function startChromium() {
    const chromium = new Chromium();

    await chromium.start();

    return chromium;
}


class Chromium {
    #child;
    #folder;
    #ended;
    #input = '';
    #last = 0;
    #calls = new Map();         // id => what waits for the answer
    #pages = new Map();         // session => Page

    async start() {
        this.#folder = await mkdtemp(join(tmpdir(), 'oauth-chromium-'));
        this.#child = spawn(BINARY, [...OPTIONS,
                                     `--user-data-dir=${this.#folder}`], {
            detached: true,
            env: { ...process.env, HOME: this.#folder },
            stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
        });

        this.#ended = new Promise((resolve) => {
            this.#child.on('error', resolve);
            this.#child.on('exit', resolve);
        });
        this.#ended.then(() => this.#fail(new Error('Chromium has ended')));

        const [, , , input, output] = this.#child.stdio;

        input.on('error', (error) => this.#fail(error));
        output.setEncoding('utf8');
        output.on('data', (text) => this.#read(text));

        await this.call('Browser.getVersion');
    }

    // Asks Chromium to end, then kills the whole group of its processes.

    async stop() {
        const timer = setTimeout(() => this.#kill(), STOP_WITHIN);

        this.call('Browser.close').catch(() => {});
        await this.#ended;
        clearTimeout(timer);
        this.#kill();

        await rm(this.#folder, { recursive: true, force: true,
                                 maxRetries: 10, retryDelay: 100 });
    }

    // A page in its own context: it shares no cookie, cache or preflight with
    // others.

    async open(url) {
        const { browserContextId } =
            await this.call('Target.createBrowserContext');
        const { targetId } = await this.call('Target.createTarget', {
            url: 'about:blank', browserContextId,
        });
        const { sessionId } = await this.call('Target.attachToTarget', {
            targetId, flatten: true,
        });
        const page = new Page(this, sessionId);

        this.#pages.set(sessionId, page);
        await page.start(url);

        return page;
    }

    call(method, params = {}, sessionId = undefined) {
        const id = ++this.#last;
        const message = JSON.stringify({ id, method, params, sessionId });

        return new Promise((resolve, reject) => {
            const timer = setTimeout(() => {
                reject(new Error(`no answer to ${method}`));
            }, ANSWER_WITHIN);

            this.#calls.set(id, { resolve, reject, timer });
            this.#child.stdio[3].write(`${message}\0`);
        });
    }

    #read(text) {
        const messages = (this.#input + text).split('\0');

        this.#input = messages.pop();
        messages.forEach((message) => this.#dispatch(JSON.parse(message)));
    }

    #dispatch({ id, result, error, method, params, sessionId }) {
        if (id === undefined) {
            this.#pages.get(sessionId)?.note(method, params);
            return;
        }

        const call = this.#calls.get(id);

        this.#calls.delete(id);
        clearTimeout(call.timer);

        if (error) {
            call.reject(new Error(error.message));

        } else {
            call.resolve(result);
        }
    }

    #fail(error) {
        for (const { reject, timer } of this.#calls.values()) {
            clearTimeout(timer);
            reject(error);
        }

        this.#calls.clear();
    }

    #kill() {
        try {
            process.kill(-this.#child.pid, 'SIGKILL');

        } catch (error) {
            if (error.code !== 'ESRCH') {
                throw error;
            }
        }
    }
}


class Page {
    #exchanges = [];    // { method, url, fields, status, protocol }, in order
    #chromium;
    #session;
    #byId = new Map();
    #loaded = () => {};

    constructor(chromium, session) {
        this.#chromium = chromium;
        this.#session = session;
    }

    async start(url) {
        await this.#call('Network.enable');
        await this.#call('Page.enable');
        await this.goto(url);
    }

    async goto(url) {
        const loaded = new Promise((resolve) => { this.#loaded = resolve; });
        const { errorText } = await this.#call('Page.navigate', { url });

        if (errorText) {
            throw new Error(`${url}: ${errorText}`);
        }

        await loaded;
    }

    // Runs a function in the page, which may be async; arguments and result
    // are copied as JSON.

    async run(code, ...args) {
        const list = args.map((arg) => JSON.stringify(arg)).join(', ');
        const { result, exceptionDetails: bad } = await this.#call(
            'Runtime.evaluate', {
                expression: `(${code})(${list})`,
                awaitPromise: true,
                returnByValue: true,
            });

        if (bad) {
            throw new Error(bad.exception?.description ?? bad.text);
        }

        return result.value;
    }

    // Shows the page on a screen of that width, in light or dark colours.

    async show({ width, height = 900, dark = false }) {
        await this.#call('Emulation.setDeviceMetricsOverride', {
            width, height, deviceScaleFactor: 1, mobile: width < 600,
        });
        await this.#call('Emulation.setEmulatedMedia', {
            features: [{ name: 'prefers-color-scheme',
                         value: dark ? 'dark' : 'light' }],
        });
    }

    // A picture of the whole page, as the bytes of a PNG.

    async picture() {
        const { data } = await this.#call('Page.captureScreenshot', {
            format: 'png', captureBeyondViewport: true,
        });

        return Buffer.from(data, 'base64');
    }

    // What the page asked for below a URL.  Chromium may tell of an answer
    // after the page has it; if it never does, the exchange has no status.

    async exchanges(url) {
        const until = Date.now() + ANSWER_WITHIN;

        for (;;) {
            const found = this.#exchanges.filter((exchange) =>
                exchange.url?.startsWith(url));

            if (found.every(isComplete) || Date.now() > until) {
                return found;
            }

            await sleep(10);
        }
    }

    async preflights(url) {
        return (await this.exchanges(url))
            .filter(({ method }) => method === 'OPTIONS');
    }

    note(method, params) {
        const { requestId: id } = params;

        if (method === 'Page.loadEventFired') {
            this.#loaded();

        } else if (method === 'Network.requestWillBeSent') {
            this.#exchange(id, { method: params.request.method,
                                 url: params.request.url });

        } else if (method === 'Network.requestWillBeSentExtraInfo') {
            this.#exchange(id, { fields: lower(params.headers) });

        } else if (method === 'Network.responseReceived') {
            this.#exchange(id, { status: params.response.status,
                                 protocol: params.response.protocol });

        } else if (method === 'Network.loadingFailed') {
            this.#exchange(id, { failed: true });
        }
    }

    #exchange(id, part) {
        if (!this.#byId.has(id)) {
            this.#byId.set(id, {});
            this.#exchanges.push(this.#byId.get(id));
        }

        Object.assign(this.#byId.get(id), part);
    }

    #call(method, params) {
        return this.#chromium.call(method, params, this.#session);
    }
}


function isComplete({ fields, status, failed }) {
    return failed || (fields && status);
}


function lower(fields) {
    return Object.fromEntries(Object.entries(fields)
        .map(([name, value]) => [name.toLowerCase(), value]));
}
