import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A way to a server that passes so many bytes a second of what is sent on each connection, by the clock. */
export async function slowWay(server, bytesPerSecond) {
  const proxy = createServer((from) => {
    const to = connect(Number(new URL(server).port), '127.0.0.1');
    to.pipe(from);
    let free = 0;
    from.on('data', async (chunk) => {
      from.pause();
      free = Math.max(free, performance.now()) + (1000 * chunk.length) / bytesPerSecond;
      await sleep(Math.max(0, free - performance.now()));
      to.write(chunk);
      from.resume();
    });
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
    to.on('error', () => from.destroy()).on('close', () => from.destroy());
  });
  await new Promise((done) => proxy.listen(0, '127.0.0.1', done));
  return { url: `http://127.0.0.1:${proxy.address().port}`, close: () => proxy.close() };
}
