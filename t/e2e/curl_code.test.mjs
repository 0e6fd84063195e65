// An agent that has only curl, and an authorization server without a device
// flow.  The steps in the body lead through the authorization code flow.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { Browser } from '../../demo/browser.mjs';
import { ACCOUNT, READ, startWorld } from './world.mjs';


const run = promisify(execFile);
const world = await startWorld({ as: { device: false } });

after(() => world.stop());


async function curl(...args) {
    const { stdout } = await run('curl', ['-s', '--noproxy', '*', ...args]);

    return JSON.parse(stdout);
}


// Replaces the names in a step by the values that the agent has.  What the step
// writes as name=value is sent as it is.

function fields(step, start, have) {
    const list = step.slice(step.indexOf(start) + start.length)
        .split(/ \(PKCE|\. /)[0];
    const chosen = list.split(', ').map((item) => {
        const [name, ...value] = item.trim().split('=');

        return [name, value.length ? value.join('=') : have[name]];
    });

    for (const [name, value] of chosen) {
        assert.ok(value, `the agent has no ${name}: ${step}`);
    }

    return chosen;
}


function form(chosen) {
    return chosen.flatMap(([name, value]) =>
        ['--data-urlencode', `${name}=${value}`]);
}


test('the body alone leads through the code flow', async () => {
    const problem = await curl(world.notesUrl);
    const steps = problem.how_to_authenticate;
    const step = (name) => steps.find((text) => text.includes(name));

    const metadata = await curl(step('authorization_servers[0]')
        .match(/GET (\S+)/)[1]);
    const server = await curl(step('authorization server\'s metadata')
        .match(/http\S+oauth-authorization-server\b/)[0]);

    assert.equal(server.issuer, metadata.authorization_servers[0]);
    assert.equal(server.device_authorization_endpoint, undefined);

    const suggested = JSON.parse(step('registration_endpoint')
        .match(/\{"client_name".*?\}/)[0]);
    const client = await curl(server.registration_endpoint,
        '-H', 'Content-Type: application/json', '-d', JSON.stringify({
            ...suggested,
            grant_types: suggested.grant_types
                .filter((type) => server.grant_types_supported.includes(type)),
        }));

    assert.equal(client.client_secret, undefined);

    const verifier = randomBytes(32).toString('base64url');
    const have = {
        client_id: client.client_id,
        redirect_uri: suggested.redirect_uris[0],
        state: 'a-state',
        code_challenge: createHash('sha256').update(verifier)
            .digest('base64url'),
        code_verifier: verifier,
    };
    const code = step('to authorization_endpoint with ');
    const query = new URLSearchParams(fields(code,
        'authorization_endpoint with ', have));
    const end = await new Browser()
        .open(`${server.authorization_endpoint}?${query}`, have.redirect_uri);

    have.code = new URL(end.url).searchParams.get('code');

    const granted = await curl(server.token_endpoint,
        ...form(fields(code, 'token_endpoint the form fields ', have)));
    const seen = await curl('-H', 'Authorization: Bearer '
                            + granted.access_token, world.notesUrl);

    assert.equal(granted.scope, READ);
    assert.equal(seen.user, ACCOUNT);

    // a bad token is answered with the same steps

    const bad = await curl('-H', 'Authorization: Bearer a.b.c',
                           world.notesUrl);

    assert.equal(bad.error, 'invalid_token');
    assert.deepEqual(bad.how_to_authenticate, steps);
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['no_token', 'malformed_token'] });
});
