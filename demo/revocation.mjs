// The end of the story: the agent works and has an event stream open, a person
// cuts it off by one call, and both end.  The call goes to a unix socket, as the
// curl command that is printed does.

import { once } from 'node:events';
import { request } from 'node:http';

import { askInVain } from './agent.mjs';


const END_WITHIN = 10_000;      // milliseconds


// Options: app and stream, URLs; token; socket, the path of the unix socket
// where nginx takes revocations.

export async function cutOff(story, { app, stream, token, socket }) {
    const events = await openStream(story, stream, token);

    await askAsBefore(story, app, token);
    await revoke(story, socket, token);
    await askOnceMore(story, app, token);
    await waitForEnd(story, events);
}


// Returns { ended }, a promise of the time in milliseconds at which the stream
// has ended.

async function openStream(story, url, token) {
    story.step('Open an event stream, with the token');
    story.say(`   > GET ${url}`);

    const response = await fetch(url, {
        headers: { Authorization: `Bearer ${token}` },
    });
    const reader = response.body.getReader();
    const { value } = await reader.read();
    const first = new TextDecoder().decode(value);

    story.say(`   < ${response.status} OK`);
    story.say(`     ${first.trim()}`);
    story.check('status', response.status, 200);
    story.check('the first event', first, /^data: /);
    story.means('It stays open, and the app sends an event each second.');

    return { ended: endOf(reader) };
}


// nginx closes the connection in the middle of the response, which is an error
// for the reader.

async function endOf(reader) {
    try {
        while (!(await reader.read()).done) { /* more events */ }

    } catch { /* the same: it has ended */ }

    return Date.now();
}


async function askAsBefore(story, app, token) {
    story.step('Ask the app, while the stream is open');

    const answer = await story.exchange({
        url: app,
        headers: { Authorization: `Bearer ${token}` },
        members: ['method', 'path', 'user'],
    });

    story.check('status', answer.status, 200);
    story.means('The agent does its work.');
}


async function revoke(story, socket, token) {
    const claims = JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
    const order = JSON.stringify({
        issuer: claims.iss,
        subject: claims.sub,
        client_id: claims.client_id,
        reason: 'the demo ends',
    });

    story.step('Cut the agent off, for this person');
    story.say(`   $ curl --unix-socket ${socket} http://localhost/revoke \\`);
    story.say("          -H 'Content-Type: application/json' \\");
    story.say(`          -d '${order}'`);

    const status = await post(socket, '/revoke', order);

    story.say(`   < ${status}`);
    story.check('status', status, 204);
    story.means('The revocation is on disk, and every worker of nginx obeys it '
                + 'from now on.');
}


// fetch knows no unix sockets.

async function post(socketPath, path, body) {
    const message = request({
        socketPath,
        path,
        method: 'POST',
        headers: { 'Content-Type': 'application/json',
                   'Content-Length': Buffer.byteLength(body) },
    });

    message.end(body);

    const [response] = await once(message, 'response');

    response.resume();
    await once(response, 'end');

    return response.statusCode;
}


async function askOnceMore(story, app, token) {
    story.step('Ask the app again, with the same token');

    await askInVain(story, app, token);
    story.means('The signature is still right, and the token has not expired. '
                + 'It was revoked.');
}


async function waitForEnd(story, { ended }) {
    const begun = Date.now();
    let timer;

    story.step('Wait for the end of the event stream');

    const end = await Promise.race([
        ended,
        new Promise((resolve) => { timer = setTimeout(resolve, END_WITHIN); }),
    ]);

    clearTimeout(timer);

    story.check('the event stream has ended', end, function inTime(time) {
        return time !== undefined;
    });
    story.say(`     it ended after ${(Math.max(end - begun, 0) / 1000).toFixed(1)} s`);
    story.means('nginx looks at the tokens of running responses, here every '
                + '2 seconds (oauth_session_recheck).');
}
