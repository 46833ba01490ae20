// The peer Bun (uWebSockets): every line on the publishing port is published to a topic that every socket subscribes to.
// bun fanout_bun.js PORT PUBLISH_PORT
const [port, publishPort] = process.argv.slice(2);

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  fetch(request, server) {
    return server.upgrade(request) ? undefined : new Response("no", { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 120,
    open(socket) {
      socket.subscribe("bench");
    },
    message() {},
  },
});

let rest = "";
Bun.listen({
  hostname: "127.0.0.1",
  port: Number(publishPort),
  socket: {
    data(_socket, data) {
      const lines = (rest + Buffer.from(data).toString()).split("\n");
      rest = lines.pop();
      for (const line of lines) server.publish("bench", line);
    },
  },
});
