import type { WebSocket } from 'ws';
import type { HostConnection } from '../router.ts';

/** One browser page over its WebSocket. Only text is our language; anything else ends the connection. */
export function socketConnection(socket: WebSocket): HostConnection {
  socket.on('error', () => socket.terminate());
  return {
    send: (text) => {
      if (socket.readyState === socket.OPEN) socket.send(text);
    },
    onMessage: (listener) => {
      socket.on('message', (data, isBinary) => {
        if (isBinary) return socket.close(1003, 'text only');
        listener((data as Buffer).toString('utf8'));
      });
    },
    onClose: (listener) => void socket.once('close', () => listener()),
    close: () => socket.close(1008, 'not our language'),
    unsentBytes: () => socket.bufferedAmount,
  };
}
