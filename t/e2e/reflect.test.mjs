// The strictest client asks for any page of a site.  With "reflect" the
// metadata name the page that was asked for, and a token for that page is
// accepted.  Without "reflect" the client stops.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import * as oauth from 'oauth4webapi';

import { startApp } from '../../demo/app.mjs';
import { startAs } from '../../demo/as.mjs';
import { startNginx } from '../../demo/nginx.mjs';
import { ACCOUNT, BINARY, MODULE, READ, WRITE } from './world.mjs';


const INSECURE = { [oauth.allowInsecureRequests]: true };

const folder = await mkdtemp(join(tmpdir(), 'oauth-e2e-'));
const as = await startAs({ scopes: [READ, WRITE], resources: [],
                           account: ACCOUNT });
const app = await startApp();
const nginx = await startNginx({ module: MODULE, binary: BINARY, folder,
                                 site });

after(async () => {
    await nginx.stop();
    await app.stop();
    await as.stop();
    await rm(folder, { recursive: true, force: true });
});


function site(port) {
    return `oauth_issuer e2e { issuer ${as.issuer}; }

server {
    listen 127.0.0.1:${port};

    oauth          e2e;
    oauth_resource http://127.0.0.1:${port} reflect;
    oauth_header   X-User sub;

    location / { oauth_scope ${READ}; proxy_pass ${app.url}; }
    location ^~ /edit/ { oauth_scope ${WRITE}; proxy_pass ${app.url}; }

    location /plain {
        oauth_resource http://127.0.0.1:${port}/plain;
        proxy_pass ${app.url};
    }
}
`;
}


// What the client learns about a page, from its challenge and by itself.

async function discover(url) {
    const refused = await fetch(url);
    const [, metadata] = refused.headers.get('www-authenticate')
        .match(/resource_metadata="([^"]+)"/);
    const own = await oauth.resourceDiscoveryRequest(new URL(url), INSECURE);

    assert.equal(refused.status, 401);

    const named = await oauth.processResourceDiscoveryResponse(
        new URL(url), await fetch(metadata));
    const found = await oauth.processResourceDiscoveryResponse(
        new URL(url), own);

    assert.deepEqual(named, found);

    return named;
}


for (const [path, scope] of [['/docs/page', READ], ['/docs/', READ],
                             ['/docs/a%20page%22', READ],
                             ['/edit/docs/page', WRITE]])
{
    test(`${path}: the metadata are of that page`, async () => {
        const url = nginx.url + path;
        const resource = await discover(url);

        assert.equal(resource.resource, url);
        assert.deepEqual(resource.scopes_supported, [scope]);
        assert.deepEqual(resource.authorization_servers, [as.issuer]);

        const token = await as.sign({ aud: resource.resource, scope });
        const response = await oauth.protectedResourceRequest(
            token, 'GET', new URL(url), undefined, undefined, INSECURE);

        assert.equal(response.status, 200);
        assert.equal((await response.json()).headers['x-user'], ACCOUNT);
    });
}


test('a resource of its own', async () => {
    const { resource } = await discover(`${nginx.url}/plain`);

    assert.equal(resource, `${nginx.url}/plain`);
});


test('without reflect that client stops', async () => {
    await assert.rejects(discover(`${nginx.url}/plain/page`));
});


test('the error log is clean', async () => {
    await nginx.stop();
    assert.doesNotMatch(await nginx.log(), /\[(alert|crit|emerg)\]/);
});
