// The demo: an authorization server, an app, nginx with the module in front of
// the app, and an agent that knows only the app's URL.  Everything runs on free
// loopback ports and in a temporary folder, and is removed at the end.
//
// node demo/demo.mjs --module path/to/ngx_oauth_module.so
//                    [--once] [--nginx path/to/nginx]

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { play } from './agent.mjs';
import { startApp } from './app.mjs';
import { startAs } from './as.mjs';
import { startNginx } from './nginx.mjs';
import { cutOff } from './revocation.mjs';
import { Story, StepFailed } from './story.mjs';
import { suggestions } from './suggestions.mjs';


const ACCOUNT = 'alice@example.com';
const LOG_LINES = 20;


const { values: options } = parseArgs({
    options: {
        module: { type: 'string' },
        nginx: { type: 'string', default: process.env.NGINX_BINARY ?? 'nginx' },
        once: { type: 'boolean', default: false },
    },
});

if (!options.module) {
    console.error('demo.mjs: --module path/to/ngx_oauth_module.so is missing');
    process.exit(2);
}

process.exitCode = await main(new Story());


async function main(story) {
    const interrupted = interruption();
    const world = { folder: await mkdtemp(join(tmpdir(), 'oauth-demo-')) };
    let status = 1;

    try {
        await start(world, story);
        status = await Promise.race([
            run(world, story),
            interrupted.then(() => (options.once ? 1 : 0)),
            world.nginx.ended.then((sentence) => { throw Error(sentence); }),
        ]);

    } catch (error) {
        await explain(world, error);

    } finally {
        await stop(world);
    }

    story.say(`\n${status === 0 ? 'All as it should be.' : 'Failed.'}`
              + ' Everything that was started has ended.');

    return status;
}


async function start(world, story) {
    world.socket = join(world.folder, 'revoke.sock');
    world.store = join(world.folder, 'revocations');
    await mkdir(world.store, { mode: 0o700 });

    world.as = await startAs({
        scopes: ['notes:read', 'notes:write'],
        resources: [],
        account: ACCOUNT,
    });
    world.app = await startApp();
    world.nginx = await startNginx({
        module: resolve(options.module),
        binary: options.nginx,
        folder: world.folder,
        site: (port) => site(port, world),
    });
    world.as.resources.add(world.nginx.url);

    story.say(`authorization server  ${world.as.issuer}  (oidc-provider)`);
    story.say(`app                   ${world.app.url}  (behind nginx)`);
    story.say(`nginx                 ${world.nginx.url}  (2 workers)`);
    story.say(`files                 ${world.folder}`);
    story.say('\nnginx has this in its http { }:\n');
    story.say(world.nginx.site.replaceAll(/^(?=.)/gm, '    '));
}


function site(port, { as, app, store, socket }) {
    return `oauth_issuer demo { issuer ${as.issuer}; }

oauth_revocation_store ${store} size=16m;

server {
    listen 127.0.0.1:${port};

    location / {
        oauth           demo;
        oauth_resource  http://127.0.0.1:${port};
        oauth_scope     notes:read;
        oauth_scope     notes:write  method=POST,PUT,PATCH,DELETE;
        oauth_header    X-User  sub;
        proxy_pass      ${app.url};

        oauth_session_recheck  2s;
    }
}

server {
    listen unix:${socket};

    location = /revoke { oauth_revoke admin; }
}
`;
}


async function run(world, story) {
    const url = `${world.nginx.url}/notes`;

    story.say(`The agent knows ${url} and nothing else.`);

    const found = await play(story, url, {
        account: ACCOUNT,
        reached: () => world.app.requests.length,
    });

    await cutOff(story, { app: url, stream: `${url}/events`,
                          token: found.token, socket: world.socket });

    if (options.once) {
        return 0;
    }

    // The token of the story was revoked, so a person gets another one, of
    // another client.

    const token = await world.as.sign({ aud: world.nginx.url,
                                        scope: 'notes:read' });

    await writeFile(join(world.folder, 'token'), token);
    story.say(suggestions({ ...found, url, resource: world.nginx.url,
                            issuer: world.as.issuer, folder: world.folder,
                            socket: world.socket }));

    return await new Promise(() => {});
}


async function stop({ nginx, app, as, folder }) {
    await nginx?.stop().catch((error) => console.error(error.message));
    await app?.stop();
    await as?.stop();
    await rm(folder, { recursive: true, force: true });
}


// Resolves at Ctrl-C or a similar signal.

function interruption() {
    return new Promise((resolve) => {
        for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
            process.on(signal, resolve);
        }
    });
}


async function explain({ nginx }, error) {
    console.error(`\nFAILED: ${error.message}`);

    if (error instanceof StepFailed) {
        console.error(`  expected: ${error.expected}`);
        console.error(`  got:      ${error.got}`);
    }

    const lines = (await nginx?.log() ?? '').trimEnd().split('\n');

    console.error(`\nthe end of nginx's error log:\n`);
    console.error(lines.slice(-LOG_LINES).join('\n'));
}
