// An agent that has only curl.  It follows the body of the refusal, with the
// device flow, and never looks at a header.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { ACCOUNT, READ, startWorld } from './world.mjs';


const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';

const run = promisify(execFile);
const world = await startWorld();

after(() => world.stop());


async function curl(...args) {
    const { stdout } = await run('curl', ['-s', '--noproxy', '*', ...args]);

    return JSON.parse(stdout);
}


function fields(values) {
    return Object.entries(values)
        .flatMap(([name, value]) => ['--data-urlencode', `${name}=${value}`]);
}


// The registration that the steps suggest, for this server.

function registration(steps, { grant_types_supported: supported }) {
    const suggested = JSON.parse(steps.match(/\{"client_name".*?\}/)[0]);

    return {
        ...suggested,
        grant_types: suggested.grant_types
            .filter((type) => supported.includes(type)),
    };
}


test('the body alone leads to a token', async () => {
    const problem = await curl(world.notesUrl);

    assert.equal(problem.status, 401);
    assert.equal(problem.error, undefined);
    assert.equal(problem.resource, world.notesUrl);
    assert.equal(problem.scope, READ);

    const steps = problem.how_to_authenticate.join('\n');

    assert.ok(steps.includes(problem.resource_metadata), steps);
    assert.match(steps, /device_authorization_endpoint/);
    assert.match(steps, /PKCE/);
    assert.ok(steps.includes(`resource=${problem.resource}`), steps);
    assert.ok(steps.includes(DEVICE), steps);
    assert.match(steps, /Authorization: Bearer/);

    const metadata = await curl(problem.resource_metadata);
    const [issuer] = metadata.authorization_servers;
    const [address] = steps.match(/http\S+oauth-authorization-server\b/);

    assert.ok(address.startsWith(issuer), address);

    const server = await curl(address);

    assert.equal(server.issuer, issuer);

    const client = await curl(server.registration_endpoint,
        '-H', 'Content-Type: application/json',
        '-d', JSON.stringify(registration(steps, server)));
    const device = await curl(server.device_authorization_endpoint, ...fields({
        client_id: client.client_id,
        scope: problem.scope,
        resource: problem.resource,
    }));
    const poll = () => curl(server.token_endpoint, ...fields({
        grant_type: DEVICE,
        client_id: client.client_id,
        device_code: device.device_code,
        resource: problem.resource,
    }));

    assert.equal((await poll()).error, 'authorization_pending');
    await world.as.approve(device.verification_uri_complete);

    const { access_token: token } = await poll();
    const seen = await curl('-H', `Authorization: Bearer ${token}`,
                            world.notesUrl);

    assert.equal(seen.user, ACCOUNT);
});


test('the bodies of the other refusals say what is wrong', async () => {
    const token = await world.as.sign({ aud: world.notesUrl, scope: READ });
    const bearer = (value) => ['-H', `Authorization: Bearer ${value}`];

    const more = await curl(...bearer(token), '-d', 'a note', world.notesUrl);

    assert.equal(more.status, 403);
    assert.equal(more.error, 'insufficient_scope');
    assert.equal(more.scope, 'notes:read notes:write');

    const bad = await curl(...bearer(`${token.slice(0, -8)}AAAAAAAA`),
                           world.notesUrl);

    assert.equal(bad.status, 401);
    assert.equal(bad.error, 'invalid_token');
    assert.equal(bad.resource, world.notesUrl);
});


test('the error log is clean', async () => {
    await world.checkLog({ refused: ['no_token', 'bad_signature',
                                     'insufficient_scope'] });
});
