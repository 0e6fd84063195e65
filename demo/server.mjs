// An HTTP server on a free loopback port.

import { createServer } from 'node:http';


// Returns { port, url, stop } once it listens; stop closes connections, too.

export async function startServer(handler) {
    const server = createServer(handler);

    await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', resolve);
    });

    const { port } = server.address();

    return {
        port,
        url: `http://127.0.0.1:${port}`,
        stop: async () => {
            server.closeAllConnections();
            await new Promise((resolve) => { server.close(resolve); });
        },
    };
}
