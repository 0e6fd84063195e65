// The app behind nginx.  It knows nothing about tokens.  It shows the headers
// that it was sent, as JSON or, for a browser, as a page.  At /notes/events it
// sends an event each second, for as long as the client stays.

import { startServer } from './server.mjs';


// Returns { port, url, requests, stop }.  requests lists what came, in order:
// { method, path, headers }.

export async function startApp() {
    const requests = [];
    const server = await startServer((request, response) => {
        const { method, url, headers } = request;
        const seen = { method, path: url, user: headers['x-user'] ?? null,
                       headers };

        requests.push(seen);

        if (url === '/notes/events') {
            sendEvents(response);
            return;
        }

        if (headers.accept?.includes('text/html')) {
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            response.end(page(seen));
            return;
        }

        response.setHeader('Content-Type', 'application/json');
        response.end(`${JSON.stringify(seen, null, 2)}\n`);
    });

    return { ...server, requests };
}


// X-Accel-Buffering tells nginx to pass each event on at once.

function sendEvents(response) {
    let number = 0;

    const send = () => response.write(`data: ${++number}\n\n`);

    response.writeHead(200, { 'Content-Type': 'text/event-stream',
                              'X-Accel-Buffering': 'no' });
    send();

    const timer = setInterval(send, 1000);

    response.on('close', () => clearInterval(timer));
}


function page({ method, path, user, headers }) {
    const rows = Object.entries(headers)
        .map(([name, value]) => `<tr><th>${escape(name)}<td>${escape(value)}`)
        .join('\n');

    return `<!DOCTYPE html>
<title>Notes</title>
<h1>Hello ${escape(user ?? 'stranger')}</h1>
<p>${escape(method)} ${escape(path)} came with</p>
<table>
${rows}
</table>
`;
}


function escape(text) {
    return String(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;')
        .replaceAll('"', '&quot;');
}
