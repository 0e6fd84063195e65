// A company IdP (a model, idp.mjs), an MCP server, and nginx in front of both,
// as docs/agents/idp/ describes it: with the files there, in which only names
// and addresses are replaced.
//
// NJS names nginx's JavaScript module; without it, the installed one is used.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { startNginx } from '../../demo/nginx.mjs';
import { startIdp } from './idp.mjs';
import { startMcpServer } from './mcp_server.mjs';
import { ACCOUNT, BINARY, MODULE } from './world.mjs';


const NJS = process.env.NJS ?? '/usr/lib/nginx/modules/ngx_http_js_module.so';
const FOLDER = fileURLToPath(new URL('../../docs/agents/idp/',
                                     import.meta.url));

const run = promisify(execFile);

// Why the tests with it are left out, or false.

const { stderr: said } = spawnSync(BINARY,
    ['-t', '-e', 'stderr', '-c', '/dev/null', '-g', `load_module ${NJS};`],
    { encoding: 'utf8',
      env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });

export const skip = said?.includes(NJS) && `nginx cannot load ${NJS}`;

export const KINDS = ['entra', 'okta', 'auth0'];


// Options: kind; front (false: agents are sent to the IdP itself, with the same
// protection); change (a function from a configuration to another one);
// redirects, those of the client at the IdP, if they are not that of the front;
// files (true: nginx may write a body to a file); others are options of the IdP.

export async function inFront(options, body, refused = []) {
    const front = new Front();

    try {
        await front.start({ front: true, change: (text) => text, ...options });
        await body(front);
        await front.checkLog(refused);

    } finally {
        await front.stop();
    }
}


class Front {
    async start({ kind, front, change, redirects, files, ...options }) {
        const file = await readFile(join(FOLDER, `${kind}.conf`), 'utf8');

        this.client = file.match(/\$idp_client_id\s+(\S+);/)[1];
        this.scope = file.match(/oauth_scope\s+(\S+);/)[1];
        this.files = files;
        this.folder = await mkdtemp(join(tmpdir(), 'oauth-front-'));
        this.mcp = await startMcpServer();
        this.idp = await startIdp({
            ...options, kind, account: ACCOUNT,
            audience: () => this.nginx.url,
            client: {
                client_id: this.client,
                get redirect_uris() { return redirects ?? [callback()]; },
            },
        });

        const callback = () => `${this.nginx.url}/idp/callback`;

        this.nginx = await startNginx({
            module: MODULE, binary: BINARY, folder: this.folder, workers: 1,
            others: [NJS],
            site: (port) => change(this.#site(file, port, front)),
        });
        this.url = `${this.nginx.url}/mcp`;
        this.base = `${this.nginx.url}/idp`;
    }

    async stop() {
        await this.nginx?.stop();
        await this.mcp?.stop();
        await this.idp?.stop();
        await rm(this.folder, { recursive: true, force: true });
    }

    #site(file, port, front) {
        const { origin } = new URL(this.idp.issuer);

        return file.replaceAll('/etc/nginx/idp/', FOLDER)
            .replaceAll('https://app.example.com', `http://127.0.0.1:${port}`)
            .replaceAll('app.example.com;', '127.0.0.1;')
            .replaceAll(/https:\/\/(login\.microsoft|corp\.)[\w.]+/g, origin)
            .replace('listen              443 ssl', `listen 127.0.0.1:${port}`)
            .replaceAll(/ +ssl_certificate.*\n/g, '')
            .replace('http://127.0.0.1:8080', this.mcp.url)
            .replace(front ? /^$/ : / +authorization_server .*\n/, '')
            .replace(front ? /^$/ : / +include .*\n/, '');
    }

    async checkLog(refused) {
        await this.nginx.stop();

        const log = (await this.nginx.log()).replaceAll(
            this.files ? /.* buffered to a temporary file .*/g : /^$/g, '');

        assert.doesNotMatch(log, /\[(alert|crit|emerg|warn)\]/);
        assert.doesNotMatch(log, /js exception|SyntaxError|TypeError/);
        assert.doesNotMatch(log, /eyJ[\w-]/);

        for (const reason of refused) {
            assert.match(log, new RegExp(`\\b${reason}\\b`));
        }
    }
}


// curl, as a program without a library would call it.  Returns { status,
// headers, body }, where body is parsed if it is JSON.

export async function curl(...args) {
    const { stdout } = await run('curl', ['-si', '--noproxy', '*', ...args]);
    const [, status, headers, body] =
        stdout.match(/^HTTP\/\S+ (\d+)[^\n]*\n([^]*?)\r\n\r\n([^]*)$/);

    return {
        status: Number(status),
        headers: Object.fromEntries(headers.split('\r\n').map((line) =>
            [line.slice(0, line.indexOf(':')).toLowerCase(),
             line.slice(line.indexOf(':') + 1).trim()])),
        body: /^application\/([\w.]+\+)?json/m.test(
            headers.match(/^content-type: (.*)$/im)?.[1] ?? '')
            ? JSON.parse(body) : body,
    };
}
